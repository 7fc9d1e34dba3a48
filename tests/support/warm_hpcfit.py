"""Runs `hpcfit` commands, each in a process of its own that needs to import nothing any more.

A server that has imported hpcfit forks for every command: a start of Python and its imports take seconds of
processor time, a fork none. A line of JSON asks for a command, two lines answer: its process and, once it
has ended, its exit code. MPI is not touched before the fork.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from hpcfit.cli.app import _THREAD_VARIABLES, COMMANDS, main

#: what the commands import in their functions, and what fits need of it
HEAVY = ("hpcfit.workflow.run", "hpcfit.problem.compiled_group", "hpcfit.workflow.fit")


def become(wanted: dict[str, Any]) -> None:
    """Make this process the one that was asked for."""
    os.setsid()
    os.chdir(wanted["folder"])
    os.environ.clear()
    os.environ.update(wanted["environment"])
    for number, name in enumerate((os.devnull, wanted["out"], wanted["err"])):
        opened = os.open(name, os.O_RDWR)
        os.dup2(opened, number)
        os.close(opened)
    command = str(Path(sys.executable).with_name("hpcfit"))
    sys.argv[:] = [command, *wanted["arguments"]]
    sys.path[0] = str(Path(command).parent)


def serve() -> None:
    for variable in _THREAD_VARIABLES:  # before NumPy is imported
        os.environ[variable] = "1"
    for name in (*HEAVY, *(place.partition(":")[0] for place, _ in COMMANDS.values())):
        importlib.import_module(name)
    assert "mpi4py" not in sys.modules
    while line := sys.stdin.readline():
        child = os.fork()
        if child == 0:
            become(json.loads(line))
            main()
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    serve()
