"""A residual in which configurations with cracks count ten times as much as others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hpcfit.residuals import WeightView
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: in the identifier of a configuration with cracks
MARK = "with_cracks"
FACTOR = 10.0


def cracks_count_more(
    identifier: str,
    natoms: int,
    weight: WeightView,
    prediction: FloatArray,
    reference: FloatArray,
    data: Mapping[str, Any],
) -> FloatArray:
    """weight * (prediction - reference) / natoms, times 10 where the identifier holds 'with_cracks'.

    `data` may change the factor: `factor = 5.0` in [residual.data].
    """
    return _factor(identifier, natoms, weight, data) * (prediction - reference)


def _jacobian(
    identifier: str,
    natoms: int,
    weight: WeightView,
    prediction: FloatArray,
    reference: FloatArray,
    data: Mapping[str, Any],
) -> FloatArray:
    """The derivative by the prediction, of which element i of the residual depends on element i alone."""
    return _factor(identifier, natoms, weight, data)


# hpcfit would find the derivative itself; it checks this one against differences once, then believes it.
cracks_count_more.jacobian = _jacobian  # type: ignore[attr-defined]


def _factor(identifier: str, natoms: int, weight: WeightView, data: Mapping[str, Any]) -> FloatArray:
    factor = float(data.get("factor", FACTOR)) if MARK in identifier else 1.0
    return factor / natoms * weight.vector
