"""Least squares within bounds, by active sets: small, dense, and exact at the bounds.

Stark and Parker, Comput. Stat. 10, 129 (1995) (BVLS). SciPy's lsq_linear does the same; importing it
takes longer than the fits whose steps need this.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: a multiplier counts when it is this large beside the residual
_TOLERANCE = 1e-12


def bounded_least_squares(
    matrix: FloatArray, target: FloatArray, lower: FloatArray, upper: FloatArray
) -> tuple[FloatArray, Mask]:
    """The x that minimizes |A x - b| with lower <= x <= upper, where zero is within the bounds.

    Args:
        matrix: A, shape (m, p).
        target: b, shape (m,).
        lower, upper: shape (p,), infinite where there is no bound; lower <= 0 <= upper.

    Returns:
        x (p,), and which of its entries are held by a bound (p,); those equal the bound exactly.
    """
    p = matrix.shape[1]
    norms = np.sqrt((matrix**2).sum(axis=0))
    x = np.zeros(p)
    held = np.zeros(p, dtype=bool)
    for _ in range(10 * (p + 1)):
        x = _towards_optimum(matrix, target, lower, upper, x, held)
        pull = matrix.T @ (target - matrix @ x)
        # Positive where letting go of the bound lowers the residual.
        gain = np.where(x <= lower, pull, np.where(x >= upper, -pull, 0.0)) * held
        limit = _TOLERANCE * norms * np.linalg.norm(target)
        if not (gain > limit).any():
            break
        held[int(np.argmax(np.where(gain > limit, gain / np.maximum(norms, 1e-300), -np.inf)))] = False
    return x, held


def _towards_optimum(
    matrix: FloatArray, target: FloatArray, lower: FloatArray, upper: FloatArray, x: FloatArray, held: Mask
) -> FloatArray:
    """Solve for the entries not held, stopping at, and then holding, each bound on the way."""
    while not held.all():
        free = ~held
        wanted = x.copy()
        rest = target - matrix[:, held] @ x[held]
        wanted[free] = np.linalg.lstsq(matrix[:, free], rest, rcond=None)[0]
        outside = (wanted < lower) | (wanted > upper)
        if not outside.any():
            return wanted
        bound = np.where(wanted < lower, lower, upper)
        way = np.where(outside, (bound - x) / np.where(outside, wanted - x, 1.0), np.inf)
        first = int(np.argmin(way))
        x = np.clip(x + way[first] * (wanted - x), lower, upper)
        x[first] = bound[first]
        held[first] = True
    return x
