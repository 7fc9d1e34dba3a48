"""Runs `hpcfit` and Python programs, each in a process of its own that needs to import nothing any more.

A start of Python and its imports take seconds of processor time, a fork of a process that has done them
takes none. For every connection to its socket (warm_client.py) the server forks one that waits, and that one
forks the command: it tells how the command ended, passes signals on to it, and kills it when the client is
gone. MPI is not touched before the forks: every command connects by itself.
"""

from __future__ import annotations

import ast
import contextlib
import gc
import importlib
import os
import select
import signal
import socket
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from hpcfit.cli.app import _THREAD_VARIABLES, COMMANDS, main

#: what the commands import in their functions, and what fits need of it
HEAVY = ("hpcfit.workflow.run", "hpcfit.problem.compiled_group", "hpcfit.workflow.fit")


def receive(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    head, files, _, _ = socket.recv_fds(connection, 8, 4)
    with connection.makefile("rb") as stream:
        return ast.literal_eval(stream.read(int.from_bytes(head, "little")).decode()), list(files)


def become(wanted: dict[str, Any], files: list[int]) -> None:
    """Make this process the one that was asked for."""
    os.setsid()
    os.chdir(wanted["folder"])
    os.environ.clear()
    os.environ.update(wanted["environment"])
    for number, file in enumerate(files[:3]):
        os.dup2(file, number)
        os.close(file)
    for file in files[3:]:
        os.environ["PMI_FD"] = str(file)
    program, *arguments = wanted["words"]
    if program == "hpcfit":
        program = str(Path(sys.executable).with_name("hpcfit"))
    sys.argv[:] = [program, *arguments]
    own = [place for place in os.environ.get("PYTHONPATH", "").split(os.pathsep) if place]
    sys.path[:1] = [str(Path(program).resolve().parent), *(place for place in own if place not in sys.path)]
    importlib.invalidate_caches()


def watch(child: int, connection: socket.socket) -> NoReturn:
    """Stand between a command and the client until the command has ended."""
    ended, client = os.pidfd_open(child), [connection]
    while ended not in select.select([ended, *client], [], [])[0]:
        number = b""
        with contextlib.suppress(OSError):
            number = connection.recv(1)
        if number:
            os.kill(child, number[0])
            continue
        client = []
        os.kill(child, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    with contextlib.suppress(OSError):
        connection.sendall(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def attend(connection: socket.socket) -> None:
    """Fork the command that is asked for. Returns in its process only."""
    wanted, files = receive(connection)
    child = os.fork()
    if child == 0:
        connection.close()
        become(wanted, files)
        return
    for file in files:
        os.close(file)
    watch(child, connection)


def serve(path: str) -> bool:
    """Fork commands until standard input is closed; True in the process of a command."""
    for variable in _THREAD_VARIABLES:  # before NumPy is imported
        os.environ[variable] = "1"
    for name in (*HEAVY, *(place.partition(":")[0] for place, _ in COMMANDS.values())):
        importlib.import_module(name)
    assert "mpi4py" not in sys.modules
    gc.freeze()  # what is there now is garbage in no fork: looking at it would copy its memory
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(64)
        print("ready", flush=True)
        while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                attend(connection)
                return True
            connection.close()
            with contextlib.suppress(ChildProcessError):  # those that have waited for earlier commands
                while os.waitpid(-1, os.WNOHANG) != (0, 0):
                    pass
    return False


def run() -> None:
    """Do in this process what its arguments say, as Python would have done from its start."""
    program = Path(sys.argv[0])
    if program == Path(sys.executable).with_name("hpcfit"):
        main()
    module = sys.modules["__main__"] = ModuleType("__main__")
    module.__file__ = str(program)
    exec(compile(program.read_bytes(), str(program), "exec"), module.__dict__)


if __name__ == "__main__" and serve(sys.argv[1]):
    run()
