"""Predictions of kernels for a graphics card beside those of the processor's."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.devices.device import Device
from hpcfit.geometry import Geometry
from hpcfit.kernels.cuda.model import CudaModel
from hpcfit.kernels.site_model import SiteModel

FloatArray = NDArray[np.float64]


def on_device(model: SiteModel, device: Device) -> CudaModel:
    """The same model, on a device."""
    active = list(model._column_of)
    columns = [model._column_of[position] for position in active]
    return CudaModel(device, model.potentials, model.species, active, model.stress, columns)


def table_of(model: SiteModel, geometry: Geometry, values: FloatArray) -> FloatArray:
    """Derivatives and, last, predictions, (rows, columns + 1)."""
    return model.predict_jacobian(geometry, 0, len(geometry), values)


def deviation(found: FloatArray, expected: FloatArray, model: SiteModel, geometry: Geometry) -> float:
    """The largest difference in any column, of energies, forces and stresses each over the largest number of
    its kind; where these are nothing but rounding (forces on lone atoms), over a hundredth of any number."""
    offsets = model.prediction_offsets(geometry)
    kinds = np.ones(len(found), dtype=int)
    kinds[offsets[:-1]] = 0
    if model.stress:
        for last in offsets[1:]:
            kinds[last - 6 : last] = 2
    worst, smallest = 0.0, 1e-2 * np.nanmax(np.abs(expected), axis=0)
    for kind in range(3):
        here, there = found[kinds == kind], expected[kinds == kind]
        np.testing.assert_array_equal(np.isnan(here), np.isnan(there))
        if not here.size:
            continue
        scale = np.maximum(np.nanmax(np.abs(there), axis=0), smallest)
        difference: Any = np.nanmax(np.abs(here - there), axis=0)
        zero = scale == 0.0
        # What cancels to nothing here may leave rounding there.
        assert (difference[zero] <= 1e-15 * np.nanmax(np.abs(expected))).all()
        worst = max(worst, float((difference[~zero] / scale[~zero]).max(initial=0.0)))
    return worst
