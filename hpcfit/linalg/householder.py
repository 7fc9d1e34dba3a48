"""Householder triangularization of tall blocks, callable from other compiled code.

LAPACK does the same at twice the speed, but cannot be called from a kernel without the GIL, and its
bits depend on which library is installed. Here they depend on the block alone.
Golub and Van Loan, Matrix Computations, 4th ed., section 5.2.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

#: NaN stays visible; sums may be reordered for vector registers, always in the same way
FLAGS = {"nsz", "contract", "arcp", "reassoc"}


@njit(cache=True, error_model="numpy", fastmath=FLAGS)  # type: ignore[untyped-decorator]
def triangularize(a: NDArray[np.float64]) -> None:
    """Overwrite the columns of a matrix with its triangle of QR; below the diagonal is left debris.

    Args:
        a: shape (n, m), a[k] is column k. Afterwards a[k, :k + 1] is column k of R for k < m.
    """
    n, m = a.shape
    for k in range(min(n, m)):
        v = a[k]
        tail = 0.0
        for i in range(k + 1, m):
            tail += v[i] * v[i]
        if tail == 0.0:
            continue
        # R[k, k] has the sign opposite to v[k], so that v0 is a sum without cancellation.
        norm = np.sqrt(v[k] * v[k] + tail)
        v0 = v[k] + norm if v[k] > 0.0 else v[k] - norm
        factor = 2.0 / (v0 * v0 + tail)
        _reflect(a, k, v0, factor)
        v[k] = -norm if v[k] > 0.0 else norm


@njit(cache=True, error_model="numpy", fastmath=FLAGS)  # type: ignore[untyped-decorator]
def _reflect(a: NDArray[np.float64], k: int, v0: float, factor: float) -> None:
    """Apply I - factor v v^T to the columns after k, four at a time to load v once for all of them."""
    n, m = a.shape
    v = a[k]
    j = k + 1
    while j + 3 < n:
        a0, a1, a2, a3 = a[j], a[j + 1], a[j + 2], a[j + 3]
        d0, d1, d2, d3 = 0.0, 0.0, 0.0, 0.0
        for i in range(k + 1, m):
            d0 += v[i] * a0[i]
            d1 += v[i] * a1[i]
            d2 += v[i] * a2[i]
            d3 += v[i] * a3[i]
        d0 = (d0 + v0 * a0[k]) * factor
        d1 = (d1 + v0 * a1[k]) * factor
        d2 = (d2 + v0 * a2[k]) * factor
        d3 = (d3 + v0 * a3[k]) * factor
        a0[k] -= d0 * v0
        a1[k] -= d1 * v0
        a2[k] -= d2 * v0
        a3[k] -= d3 * v0
        for i in range(k + 1, m):
            a0[i] -= d0 * v[i]
            a1[i] -= d1 * v[i]
            a2[i] -= d2 * v[i]
            a3[i] -= d3 * v[i]
        j += 4
    while j < n:
        a0 = a[j]
        d0 = 0.0
        for i in range(k + 1, m):
            d0 += v[i] * a0[i]
        d0 = (d0 + v0 * a0[k]) * factor
        a0[k] -= d0 * v0
        for i in range(k + 1, m):
            a0[i] -= d0 * v[i]
        j += 1


@njit(cache=True, error_model="numpy", fastmath=FLAGS)  # type: ignore[untyped-decorator]
def copy_triangle(a: NDArray[np.float64], triangle: NDArray[np.float64]) -> None:
    """Write the triangle that `triangularize` left in `a` (n, m) into `triangle` (n, n), rows first."""
    n, m = a.shape
    for row in range(n):
        for column in range(n):
            triangle[row, column] = a[column, row] if row <= column and row < m else 0.0


@njit(cache=True, error_model="numpy", fastmath=FLAGS)  # type: ignore[untyped-decorator]
def merge_triangles(
    triangles: NDArray[np.float64], left: NDArray[np.int64], right: NDArray[np.int64]
) -> None:
    """Fold triangles[right[s]] into triangles[left[s]], for s in order.

    Args:
        triangles: shape (nc, n, n), upper triangular; changed in place.
        left, right: which to merge, shape (steps,).
    """
    n = triangles.shape[1]
    stacked = np.empty((n, 2 * n))
    for s in range(len(left)):
        for column in range(n):
            for row in range(n):
                stacked[column, row] = triangles[left[s], row, column]
                stacked[column, n + row] = triangles[right[s], row, column]
        triangularize(stacked)
        copy_triangle(stacked, triangles[left[s]])
