"""Compiled loops over the chunks of [J | r]: their triangles, their sums."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.linalg.compiled import compiled
from hpcfit.linalg.householder import triangularize

FloatArray = NDArray[np.float64]


@compiled
def fold_chunks(
    block: FloatArray, first_residual: NDArray[np.int64], kept: FloatArray, triangles: FloatArray
) -> None:
    """The triangle of each chunk's [J | r].

    Args:
        block: columns of J and, last, r, of all chunks, shape (p + 1, m).
        first_residual: first residual of each chunk, and the end, shape (nc + 1,).
        kept: receives, chunk by chunk, the columns of J and then r, shape (m (p + 1),); or is empty.
        triangles: receives the triangles, shape (nc, p + 1, p + 1).
    """
    n = block.shape[0]
    origin = first_residual[0]
    for c in range(len(first_residual) - 1):
        first = first_residual[c] - origin
        m = first_residual[c + 1] - first_residual[c]
        own = block[:, first : first + m].copy()
        if kept.size > 0:
            start = first * n
            for k in range(n):
                for i in range(m):
                    kept[start + k * m + i] = own[k, i]
        triangularize(own, triangles[c])


@compiled
def sum_chunks(residual: FloatArray, first_residual: NDArray[np.int64], sums: FloatArray) -> None:
    """Cost |r|^2 and number of non-finite residuals of each chunk.

    Args:
        residual: of all chunks, shape (m,).
        first_residual: first residual of each chunk, and the end, shape (nc + 1,).
        sums: receives the two, shape (nc, 2).
    """
    origin = first_residual[0]
    for c in range(len(first_residual) - 1):
        cost, nonfinite = 0.0, 0
        for i in range(first_residual[c] - origin, first_residual[c + 1] - origin):
            cost += residual[i] * residual[i]
            if not np.isfinite(residual[i]):
                nonfinite += 1
        sums[c, 0], sums[c, 1] = cost, nonfinite
