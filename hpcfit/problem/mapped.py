"""From the columns of a model to those of theta: what ties and transforms do to triangles.

A model differentiates by its values. With v = g(theta) and G = dv/dtheta, [J G | r] has the triangle of
[R G | Q^T r] and the last row of that of [J | r], so a chunk is mapped when its rows are folded already,
and nothing else of it is needed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.linalg.compiled import compiled
from hpcfit.linalg.householder import triangularize

FloatArray = NDArray[np.float64]


@compiled
def map_triangles(triangles: FloatArray, matrix: FloatArray, mapped: FloatArray) -> None:
    """Triangles of [J G | r] from those of [J | r].

    Args:
        triangles: shape (nc, c + 1, c + 1).
        matrix: G, shape (c, p).
        mapped: receives the triangles, shape (nc, p + 1, p + 1).
    """
    columns, p = matrix.shape
    block = np.empty((p + 1, columns + 1))
    for chunk in range(triangles.shape[0]):
        triangle = triangles[chunk]
        for k in range(p):
            for i in range(columns):
                total = 0.0
                for j in range(i, columns):
                    total += triangle[i, j] * matrix[j, k]
                block[k, i] = total
            block[k, columns] = 0.0
        for i in range(columns + 1):
            block[p, i] = triangle[i, columns]
        triangularize(block, mapped[chunk])


@compiled
def map_rows(rows: FloatArray, matrix: FloatArray, mapped: FloatArray) -> None:
    """Rows times G: what J^T has given, as (J G)^T would have.

    Args:
        rows: shape (n, c).
        matrix: G, shape (c, p).
        mapped: receives the products, shape (n, p).
    """
    for row in range(rows.shape[0]):
        for k in range(matrix.shape[1]):
            total = 0.0
            for i in range(matrix.shape[0]):
                total += rows[row, i] * matrix[i, k]
            mapped[row, k] = total
