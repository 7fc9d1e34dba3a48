"""Run job files, each on the first so many of the ranks; print their exit codes.

    mpirun -n 4 python run_jobs.py 1:a.toml 2:a.toml 4:a.toml

One start of MPI does for all of them. The run folder of a.toml on two ranks is moved to 2/run beside it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from hpcfit.parallel.communicator import Communicator
from hpcfit.parallel.world import world
from hpcfit.workflow.run import Screen, perform


def run(comm: Communicator, path: Path) -> None:
    outcome = perform(comm, path, restart=True, screen=Screen(lines=False))
    if comm.is_root:
        kept = path.parent / str(comm.size)
        kept.mkdir()
        (path.parent / "run").rename(kept / "run")
        print(outcome.exit_code, flush=True)


def main(wanted: list[str]) -> None:
    everyone = world()
    for number, _, path in (each.partition(":") for each in wanted):
        taken = everyone.rank < int(number)
        some = everyone.split(int(taken))
        if taken:
            run(some, Path(path))
        some.free()
        everyone.roll_call("done")  # waiting like this takes no processor time from those at work


main(sys.argv[1:])
