"""J^T r_vv, the second directional derivative of the residual projected on the Jacobian.

r_vv = (2/h) [(r(theta + h v) - r(theta))/h - J v]: Transtrum and Sethna, arXiv:1201.5885, eq. 28.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@njit(
    "float64[:,::1](float64[::1], int64[::1], float64[::1], float64[::1], float64)",
    cache=True,
    error_model="numpy",
    fastmath={"nsz", "contract", "arcp", "reassoc"},
)
def project_second_derivative(
    block: FloatArray, first_residual: NDArray[np.int64], moved: FloatArray, velocity: FloatArray, h: float
) -> FloatArray:
    """J^T r_vv of every chunk.

    Args:
        block: for every chunk, one after the other, the p columns of J and then r, each (m_c,) long.
        first_residual: first row of each chunk and the end, shape (nc + 1,).
        moved: r(theta + h v), shape (m,).
        velocity: v, shape (p,).
        h: step along v.

    Returns:
        Shape (nc, p).
    """
    p = len(velocity)
    nc = len(first_residual) - 1
    result = np.zeros((nc, p))
    largest = 0
    for c in range(nc):
        largest = max(largest, first_residual[c + 1] - first_residual[c])
    second = np.empty(largest)
    for c in range(nc):
        first = first_residual[c]
        m = first_residual[c + 1] - first
        start = first * (p + 1)
        for i in range(m):
            second[i] = (moved[first + i] - block[start + p * m + i]) / h
        for k in range(p):
            for i in range(m):
                second[i] -= velocity[k] * block[start + k * m + i]
        for k in range(p):
            total = 0.0
            for i in range(m):
                total += block[start + k * m + i] * second[i]
            result[c, k] = (2.0 / h) * total
    return result
