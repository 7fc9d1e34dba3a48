"""Derivatives by the columns of a model as those by theta, where ties and transforms make a difference."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def mapped_rows(rows: FloatArray, matrix: FloatArray | None) -> FloatArray:
    """What J^T has given, shape (n, c), as (n, p) by theta.

    Args:
        matrix: derivatives of the columns' values by theta, shape (c, p); None where the two are the same.
    """
    if matrix is None:
        return rows
    from hpcfit.problem.mapped import map_rows

    mapped = np.empty((len(rows), matrix.shape[1]))
    map_rows(rows, matrix, mapped)
    return mapped


def mapped_triangles(triangles: FloatArray, matrix: FloatArray | None) -> FloatArray:
    """Triangles of [J | r], shape (n, c + 1, c + 1), as (n, p + 1, p + 1) by theta."""
    if matrix is None:
        return triangles
    from hpcfit.problem.mapped import map_triangles

    width = matrix.shape[1] + 1
    mapped = np.empty((len(triangles), width, width))
    map_triangles(triangles, matrix, mapped)
    return mapped
