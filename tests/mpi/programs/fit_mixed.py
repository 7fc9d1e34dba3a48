"""Run a job on ranks of which all but the first are slow and said to compute on something else."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from hpcfit.parallel.world import world
from hpcfit.problem.local_objective import LocalObjective
from hpcfit.workflow import run
from hpcfit.workflow.devices import CPU, Devices, RankDevice

comm = world()
names = ["fast", *[CPU] * (comm.size - 1)]
linearize = LocalObjective.linearize


def slow(self: LocalObjective, theta: object) -> object:
    time.sleep(0.02 * self.n_chunks)
    return linearize(self, theta)


run.choose_devices = lambda comm, resolved: Devices(
    tuple(RankDevice(name=name) for name in names), None, comm.rank
)
if comm.rank:
    LocalObjective.linearize = slow
sys.exit(run.run_job(comm, Path(sys.argv[1])))
