"""Run a job whose ranks all compute on the stand-in for a device, each on one of its own."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))

from emulated import HostDevice

from hpcfit.parallel.world import world
from hpcfit.workflow import run
from hpcfit.workflow.devices import Devices, RankDevice

comm = world()
run.choose_devices = lambda comm, resolved: Devices(
    tuple(RankDevice(name="emulated", place="here") for _ in range(comm.size)), HostDevice(), comm.rank
)
sys.exit(run.run_job(comm, Path(sys.argv[1])))
