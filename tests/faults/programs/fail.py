"""Evaluate over and over on all ranks until the fault named on the command line strikes one of them."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2] / "mpi" / "programs"))

from synthetic import SyntheticObjective

from hpcfit.errors import EXIT_STOPPED_EARLY, DataError, HpcfitError, RunError
from hpcfit.parallel.agree import agreement, from_root
from hpcfit.parallel.communicator import Communicator
from hpcfit.parallel.guard import guard
from hpcfit.parallel.interrupt import stop_requests
from hpcfit.parallel.objective import DistributedObjective, serve
from hpcfit.parallel.partition import partition
from hpcfit.parallel.world import world


class FailingObjective(SyntheticObjective):
    """Meets the fault at its third evaluation of the cost, on rank 1 (or everywhere)."""

    def __init__(self, fault: str, rank: int, first: int, last: int) -> None:
        super().__init__(4, first, last)
        self._fault = fault if rank == 1 or fault == "everywhere" else ""
        self._calls = 0

    def cost(self, theta: NDArray[np.float64]) -> NDArray[np.float64]:
        self._calls += 1
        time.sleep(0.01)
        if self._calls == 3:
            strike(self._fault)
        return super().cost(theta)


def strike(fault: str) -> None:
    if fault in ("exception", "everywhere"):
        raise ZeroDivisionError("struck")
    if fault == "thread":
        threading.Thread(target=strike, args=("exception",), name="helper").start()
    if fault == "user-error":
        raise DataError("config-7: energy is NaN. Remove it.")
    if fault == "exit":
        sys.exit(3)
    if fault == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if fault == "signal":
        os.kill(os.getpid(), signal.SIGUSR1)


def run(fault: str, comm: Communicator) -> int:
    if fault == "lock":
        from_root(comm, refuse)
    with agreement(comm):
        if fault == "set-up" and comm.rank in (1, 2):
            raise DataError(f"part-{comm.rank}.h5: torn. Copy it again.")
    ranges = partition(np.ones(8), comm.size)
    local = FailingObjective(fault, comm.rank, int(ranges[comm.rank]), int(ranges[comm.rank + 1]))
    with stop_requests() as request:
        if not comm.is_root:
            serve(local, comm, ranges, request)
            return comm.bcast(0)
        with DistributedObjective(local, comm, ranges, request) as objective:
            code = evaluate(fault, objective)
    return comm.bcast(code)


def evaluate(fault: str, objective: DistributedObjective) -> int:
    for call in range(50):
        objective.cost(np.full(4, 0.1))
        if fault == "root-error" and call == 2:
            raise RunError("checkpoint.h5: no space. Make room.")
        if objective.stop_requested:
            return EXIT_STOPPED_EARLY
    return 0


def refuse() -> None:
    raise RunError("run: in use by another run.")


def main(fault: str) -> int:
    comm = world()
    with guard(comm):
        try:
            return run(fault, comm)
        except HpcfitError as error:
            if comm.is_root:
                print(f"hpcfit: {error}", file=sys.stderr)
            return error.exit_code


sys.exit(main(sys.argv[1]))
