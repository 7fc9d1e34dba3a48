"""Difference quotients by parameters, for potentials that bring no derivatives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Differences:
    """Derivatives by C columns, each from two evaluations beside the one at the values themselves.

    d/dcolumn = c0 f(values) + c1 f(points[0]) + c2 f(points[1])

    Attributes:
        columns: (C,) of the Jacobian, in ascending order.
        points: (C, 2, V) values.
        coefficients: (C, 3).
    """

    columns: IntArray
    points: FloatArray
    coefficients: FloatArray


def difference_points(
    values: FloatArray, column_of: IntArray, lower: FloatArray, upper: FloatArray, relative: float
) -> Differences:
    """Central differences, or where a bound is nearer than the step three-point ones to the other side.

    Args:
        values: (V,).
        column_of: (V,) column of each value, -1 for none; values that share one move together.
        lower, upper: (V,) bounds that no point may leave.
        relative: step over the size of the parameter; of one that is zero, the step itself.
    """
    columns = np.unique(column_of[column_of >= 0])
    points = np.tile(values, (len(columns), 2, 1))
    coefficients = np.zeros((len(columns), 3))
    for k, column in enumerate(columns):
        members = np.flatnonzero(column_of == column)
        step = relative * (float(np.abs(values[members]).max()) or 1.0)
        below, above = (
            float(np.min(values[members] - lower[members], initial=np.inf)),
            float(np.min(upper[members] - values[members], initial=np.inf)),
        )
        first, second, coefficients[k] = _stencil(step, below, above)
        points[k, 0, members] += first
        points[k, 1, members] += second
    return Differences(columns, points, coefficients)


def _stencil(step: float, below: float, above: float) -> tuple[float, float, FloatArray]:
    """The two shifts, and the coefficients; `below` and `above` is the room for them."""
    h = min(step, max(below, above) / 2.0) or step
    if below >= h and above >= h:
        return h, -h, np.array([0.0, 0.5, -0.5]) / h
    if below > above:
        return -h, -2.0 * h, np.array([1.5, -2.0, 0.5]) / h
    return h, 2.0 * h, np.array([-1.5, 2.0, -0.5]) / h
