"""Every potential of the catalogue as CUDA C, with random parameters, beside the kernels of the processor."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from device_agreement import deviation, on_device, table_of
from drawn_potential import NAMES, QUICK, DrawnPotential

from hpcfit.devices.device import Device


# Last ones first: test_catalogue_derivatives.py, perhaps at the same time, begins with the first kernels.
@pytest.mark.parametrize(
    ("name", "count"),
    [
        pytest.param(name, count, marks=pytest.mark.long if count == 3 and name not in QUICK else ())
        for name in reversed(NAMES)
        for count in (1, 3)
    ],
)
def test_predictions_and_derivatives_are_those_of_the_processor(
    name: str, count: int, new_device: Callable[[], Device]
) -> None:
    drawn = DrawnPotential(name, count, 7)
    found = table_of(on_device(drawn.model, new_device()), drawn.geometry, drawn.values)
    expected = np.column_stack([drawn.columns, drawn.rows])
    assert deviation(found, expected, drawn.model, drawn.geometry) < 1e-12
