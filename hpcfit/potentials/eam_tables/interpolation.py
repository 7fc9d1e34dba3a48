"""Cubics between the points of a table, as LAMMPS makes them.

The slope at a point is that of the polynomial through the five points around it (of fewer at the first and
the last two), and between two points is the cubic with their values and slopes. So forces are continuous,
second derivatives are not quite.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def slopes(values: FloatArray) -> FloatArray:
    """Derivatives at the points (..., n), by the index."""
    f = np.asarray(values)
    found = np.empty_like(f)
    found[..., 2:-2] = ((f[..., :-4] - f[..., 4:]) + 8.0 * (f[..., 3:-1] - f[..., 1:-3])) / 12.0
    found[..., 0] = f[..., 1] - f[..., 0]
    found[..., 1] = 0.5 * (f[..., 2] - f[..., 0])
    found[..., -2] = 0.5 * (f[..., -1] - f[..., -3])
    found[..., -1] = f[..., -1] - f[..., -2]
    return found


def polynomials(values: FloatArray, goes_on: bool) -> FloatArray:
    """Coefficients of 1, t, t^2, t^3 from the points (..., n); shape (..., n + 1, 4).

    Row i is for the interval that begins at point i - 1, t is 0 there and 1 at its end. Row 0 is the first
    interval's cubic, seen from one interval before it. The last row is what follows the last point: a
    straight line if it `goes_on`, else the last value.
    """
    f = np.asarray(values)
    slope = slopes(f)
    rise = np.diff(f)
    rows = np.zeros((*f.shape[:-1], f.shape[-1] + 1, 4))
    rows[..., 1:, 0], rows[..., 1:, 1] = f, slope
    rows[..., 1:-1, 2] = 3.0 * rise - 2.0 * slope[..., :-1] - slope[..., 1:]
    rows[..., 1:-1, 3] = slope[..., :-1] + slope[..., 1:] - 2.0 * rise
    if not goes_on:
        rows[..., -1, 1] = 0.0
    a, b, c, d = (rows[..., 1, k] for k in range(4))
    before = (a - b + c - d, b - 2.0 * c + 3.0 * d, c - 3.0 * d, d)  # the first cubic of t - 1
    rows[..., 0, :] = np.stack(before, axis=-1)
    return rows
