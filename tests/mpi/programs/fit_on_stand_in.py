"""Run a job on a machine with one stand-in for a GPU, which runs kernels on the processor."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
from emulated import HostDevice

from hpcfit.devices.driver import Card, Driver
from hpcfit.devices.machine import Machine
from hpcfit.parallel.world import world
from hpcfit.workflow import devices, run

CARD = Card("emulated", 2**34, identity="one")

devices.find_machine = lambda: Machine(Driver((12, 8), "570", (CARD,)), {"cupy-cuda12x": "14.2.0"})
devices.open_device = lambda choice: HostDevice()
sys.exit(run.run_job(world(), Path(sys.argv[1])))
