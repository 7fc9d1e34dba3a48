"""Linear least squares, for guesses of initial values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def combination(columns: Sequence[FloatArray], target: FloatArray) -> FloatArray:
    """Factors of the columns whose sum is nearest to `target` (n,); the shortest if there are several.

    Raises:
        numpy.linalg.LinAlgError: there is none, as with numbers that are not finite.
    """
    matrix = np.array(columns)
    if not (np.isfinite(matrix).all() and np.isfinite(target).all()):
        raise np.linalg.LinAlgError("not finite")
    norms = np.linalg.norm(matrix, axis=1)
    norms[norms == 0.0] = 1.0
    found = np.linalg.lstsq((matrix / norms[:, None]).T, target, rcond=None)[0]
    return np.asarray(found / norms)


def misfit(columns: Sequence[FloatArray], target: FloatArray) -> float:
    """The sum of squares that `combination` leaves."""
    rest = target - combination(columns, target) @ np.array(columns)
    return float(rest @ rest)
