"""J^T r_vv of chunks that each depend on some of the columns only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.linalg.compiled import compiled

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@compiled
def project_rows(
    block: FloatArray,
    starts: IntArray,
    moved: FloatArray,
    first_column: IntArray,
    columns_of: IntArray,
    velocity: FloatArray,
    h: float,
    result: FloatArray,
) -> None:
    """Add J^T r_vv of every chunk to its row of `result` (nc, p).

    r_vv = (2/h) [(r(theta + h v) - r(theta))/h - J v]: Transtrum and Sethna, arXiv:1201.5885, eq. 28.

    Args:
        block: of each chunk the columns of J that it depends on and then r, from starts[c] on.
        moved: r(theta + h v) of all chunks, one after the other.
        columns_of: the columns of chunk c are columns_of[first_column[c]:first_column[c + 1]].
    """
    place = 0
    for c in range(len(starts) - 1):
        n = first_column[c + 1] - first_column[c]
        m = (starts[c + 1] - starts[c]) // (n + 1)
        second = np.empty(m)
        start = starts[c]
        for i in range(m):
            second[i] = (moved[place + i] - block[start + n * m + i]) / h
        for k in range(n):
            v = velocity[columns_of[first_column[c] + k]]
            for i in range(m):
                second[i] -= v * block[start + k * m + i]
        for k in range(n):
            total = 0.0
            for i in range(m):
                total += block[start + k * m + i] * second[i]
            result[c, columns_of[first_column[c] + k]] += (2.0 / h) * total
        place += m
