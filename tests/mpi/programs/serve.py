"""Run commands as they are asked for, each on the first so many ranks; one start of MPI does for many tests.

Rank 0 reads lines of JSON, {"ranks": 2, "folder": "/there", "words": ["run", "job.toml"]}, and answers each
by a line: {"code": 0, "out": "...", "err": "..."}. The words are those of `hpcfit`, or a Python program and
its arguments. To what runs, its ranks are all there are: a communicator of their own takes the world's place.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import runpy
import sys
from pathlib import Path

from mpi4py import MPI

from hpcfit.parallel.communicator import MpiCommunicator

world = importlib.import_module("hpcfit.parallel.world")


def call(words: list[str]) -> None:
    if not words[0].endswith(".py"):
        from hpcfit.cli.app import main

        main(words)
    folder = str(Path(words[0]).parent)
    arguments, sys.argv = sys.argv, words
    sys.path.insert(0, folder)
    try:
        runpy.run_path(words[0], run_name="__main__")
    finally:
        sys.argv = arguments
        sys.path.remove(folder)


def carry_out(comm: MpiCommunicator, folder: str, words: list[str]) -> dict[str, object] | None:
    """What the ranks ended with and said, on rank 0; an exception passes through and ends all."""
    code, out, err = 0, io.StringIO(), io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        world._world = comm
        try:
            call(words)
        except SystemExit as end:
            code = int(end.code or 0)
    everyone = comm.gather((code, out.getvalue(), err.getvalue()))
    if everyone is None:
        return None
    codes, outs, errs = zip(*everyone, strict=True)
    return {"code": max(codes), "out": "".join(outs), "err": "".join(errs)}


def main() -> None:
    everyone = world.world()
    answers = os.fdopen(os.dup(1), "w")
    while True:
        line = sys.stdin.readline() if everyone.is_root else ""
        everyone.roll_call("asked")  # waiting like this takes no processor time from those at work
        line = everyone.bcast(line)
        if not line:
            break
        asked = json.loads(line)
        taken = everyone.rank < asked["ranks"]
        part = MPI.COMM_WORLD.Split(int(taken), everyone.rank)
        if taken:
            own = MpiCommunicator(part, everyone.library)
            answer = carry_out(own, asked["folder"], asked["words"])
            own.free()
        part.Free()
        if everyone.is_root:
            print(json.dumps(answer), file=answers, flush=True)
    world._world = everyone


main()
