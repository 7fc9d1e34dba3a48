"""Stands for `hpcfit` or a Python program: has it run by a fork of a warm process (warm_server.py).

The fork gets what this process has: files, environment and folder, and the connection to mpirun, so that MPI
starts in it as it would in this one. Signals are passed on to it; each ends with the other. Imports little,
since all of it is done anew for every rank of every command.
"""

from __future__ import annotations

import os
import signal
import socket
import sys

PASSED_ON = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2)


def ask(
    server: str, words: list[str], files: list[int], folder: str, environment: dict[str, str]
) -> socket.socket:
    """The connection to a fork that begins to run a command.

    Args:
        words: `hpcfit` or the path of a program, and its arguments.
        files: standard input, output and error, and the connection to mpirun where there is one.
    """
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(server)
    content = repr({"words": words, "folder": folder, "environment": environment}).encode()
    socket.send_fds(connection, [len(content).to_bytes(8, "little")], files)
    connection.sendall(content)
    return connection


def code_of(connection: socket.socket) -> int:
    """Wait for the end of the command: its exit code, or minus the signal that ended it."""
    told = b""
    while part := connection.recv(16):
        told += part
    return int(told)


def main() -> None:
    server, *words = sys.argv[1:]
    files = [0, 1, 2]
    if "PMI_FD" in os.environ:
        files.append(int(os.environ["PMI_FD"]))
    connection = ask(server, words, files, os.getcwd(), dict(os.environ))
    for number in PASSED_ON:
        signal.signal(number, lambda number, _: connection.sendall(bytes([number])))
    for number in files[3:]:
        os.close(number)
    code = code_of(connection)
    if code < 0:
        if -code in PASSED_ON:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


if __name__ == "__main__":
    main()
