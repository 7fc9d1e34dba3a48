"""Run the job files that are given one after the other, on all ranks; print their exit codes."""

from __future__ import annotations

import sys
from pathlib import Path

from hpcfit.parallel.world import world
from hpcfit.workflow.run import Screen, perform


def main(paths: list[str]) -> None:
    comm = world()
    for path in paths:
        outcome = perform(comm, Path(path), restart=True, screen=Screen(lines=False))
        if comm.is_root:
            print(outcome.exit_code, flush=True)


main(sys.argv[1:])
