"""Run a job on stand-ins for a GPU each, of which that of rank 1 fails in the middle of the fit."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))
from emulated import HostDevice

from hpcfit.cli.app import main
from hpcfit.devices.device import DeviceFault, OutOfDeviceMemory
from hpcfit.devices.driver import Card, Driver
from hpcfit.devices.machine import Machine
from hpcfit.parallel.world import world
from hpcfit.problem import local_objective
from hpcfit.workflow import devices

CARD = Card("emulated", 2**34, identity="one")


class Failing(HostDevice):
    """As a card with an error that stays, it gives nothing more from then on."""

    asked = 0

    def get(self, array: Any) -> Any:
        self.asked += 1
        if self.asked > 8:
            raise DeviceFault(f"device {self.name} has failed.")
        return super().get(array)

    def empty(self, *arguments: Any, **options: Any) -> Any:
        if self.asked > 8:
            raise OutOfDeviceMemory(f"device {self.name} has failed before.")
        return super().empty(*arguments, **options)


devices.find_machine = lambda: Machine(Driver((12, 8), "570", (CARD,)), {"cupy-cuda12x": "14.2.0"})
devices.open_device = lambda choice: Failing() if world().rank == 1 else HostDevice()
local_objective.MERGED_ON_DEVICE = 2  # triangles are merged there too, after it has failed
sys.argv[:] = ["hpcfit", "run", sys.argv[1]]
main()
