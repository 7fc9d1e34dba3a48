"""Rows of derivatives by the columns of a model as those by theta."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.problem.parameters import ParameterSet

FloatArray = NDArray[np.float64]


def mapped_rows(rows: FloatArray, parameters: ParameterSet, theta: FloatArray) -> FloatArray:
    """What J^T has given, shape (n, c), as (n, p) by theta, where ties and transforms make a difference."""
    matrix = parameters.jacobian(theta)
    if matrix is None:
        return rows
    from hpcfit.problem.mapped import map_rows

    mapped = np.empty((len(rows), matrix.shape[1]))
    map_rows(rows, matrix, mapped)
    return mapped
