"""What a device is predicted to hold is what is placed there."""

from __future__ import annotations

import numpy as np
import pytest
from device_agreement import on_device
from drawn_potential import DrawnPotential
from emulated import HostDevice, compiler_missing

from hpcfit.devices.fold import PlacedRows
from hpcfit.problem.device_memory import sizes_of


@pytest.mark.skipif(compiler_missing() is not None, reason=str(compiler_missing()))
@pytest.mark.parametrize("count", [1, 3])
def test_bonds_take_as_much_as_is_predicted_for_them(count: int) -> None:
    drawn, device = DrawnPotential("stillinger-weber", count, 3), HostDevice()
    model, geometry = on_device(drawn.model, device), drawn.geometry
    sizes = len(geometry.species), len(geometry.distance), len(geometry), 0
    predicted = sizes_of(model, *(np.array([float(size)]) for size in sizes)).held[0]
    _placed = model.kernels.place(geometry)
    rows = PlacedRows.bytes_needed(0, 1)
    assert device.used <= predicted - rows + 64
    assert device.used == pytest.approx(predicted - rows, rel=0.03)
