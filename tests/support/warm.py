"""Commands that stand for `hpcfit` and `python` and start in milliseconds, by forks of a warm process."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

_HERE = Path(__file__).parent
#: `python` for everything but a program: with options, as in `python -m pytest`
_SHIM = """\
#!/bin/sh
case "$1" in
{real}) exec {python} {options} "$@" ;;
esac
exec {python} -IS {client} {server} {word} "$@"
"""


class Warm:
    """The server of warm_server.py, started when it is first needed, and commands that it runs."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="warm-")  # a path short enough for a socket
        self._server: subprocess.Popen[str] | None = None

    @property
    def folder(self) -> Path:
        """Where the commands `hpcfit` and `python` are."""
        if not hasattr(os, "pidfd_open"):  # which the server needs: Linux
            return Path(sys.executable).parent
        folder = Path(self._folder.name)
        if self._server is None:
            self._server = subprocess.Popen(
                [sys.executable, str(_HERE / "warm_server.py"), str(folder / "socket")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            assert self._server.stdout is not None
            assert self._server.stdout.readline() == "ready\n"
            self._write("hpcfit", word="hpcfit", real="''", options="-m hpcfit")
            self._write("python", word="", real="-*|''", options="")
        return folder

    def _write(self, name: str, **parts: str) -> None:
        path = Path(self._folder.name) / name
        quoted = {
            "python": shlex.quote(sys.executable),
            "client": shlex.quote(str(_HERE / "warm_client.py")),
            "server": shlex.quote(str(path.with_name("socket"))),
        }
        path.write_text(_SHIM.format(**quoted, **parts))
        path.chmod(0o755)

    def close(self) -> None:
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            for pipe in (self._server.stdin, self._server.stdout):
                assert pipe is not None
                pipe.close()
        self._folder.cleanup()
