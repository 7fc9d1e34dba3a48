"""Which predictions enter the residual, with their weights and references."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class ResidualRows:
    """Rows of the residual r = weight * (prediction - reference), chunk by chunk; m rows in all.

    Attributes:
        first_residual: (nc + 1,) rows of chunk c are first_residual[c]:first_residual[c + 1].
        source: (m,) index of the prediction among all predictions of the geometry.
        weight: (m,) factor, in 1/unit of the prediction.
        reference: (m,) in the unit of the prediction.
    """

    first_residual: NDArray[np.int64]
    source: NDArray[np.int64]
    weight: NDArray[np.float64]
    reference: NDArray[np.float64]
