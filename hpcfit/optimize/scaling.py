"""The scale D in which the length of a step is measured."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.linalg import RFactor

FloatArray = NDArray[np.float64]


def column_scale(theta0: FloatArray, factor: RFactor, width: FloatArray | None = None) -> FloatArray:
    """D (p,), kept for the whole fit: steps are measured relative to the parameters' start.

    D_j = 1/|theta0_j|, or 1/width_j where a width is known (of a prior, say). A parameter that
    starts at zero has no size of its own; its column's norm is taken, as in More, LNM 630 (1978) 105.

    Args:
        width: typical change of each parameter, NaN where unknown, shape (p,).
    """
    size = np.abs(theta0)
    if width is not None:
        size = np.where(np.isnan(width), size, width)
    norms = factor.column_norms
    fallback = np.where(norms > 0.0, norms, 1.0)
    usable = size > np.finfo(float).tiny
    return np.where(usable, 1.0 / np.where(usable, size, 1.0), fallback)
