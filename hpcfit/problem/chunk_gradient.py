"""J^T r of chunks, from the triangles that their [J | r] have been folded into."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hpcfit.linalg.compiled import compiled

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@compiled
def gradients(triangles: FloatArray, rows: FloatArray) -> None:
    """J^T r of each chunk, which is R^T Q^T r, summed in one order.

    Args:
        triangles: of [J | r], shape (nc, c + 1, c + 1).
        rows: receives the products, shape (nc, c).
    """
    last = triangles.shape[1] - 1
    for chunk in range(triangles.shape[0]):
        for k in range(last):
            total = 0.0
            for i in range(k + 1):
                total += triangles[chunk, i, k] * triangles[chunk, i, last]
            rows[chunk, k] = total


def runs(chunks: IntArray) -> Iterator[tuple[int, int]]:
    """Runs [first, last) of consecutive numbers in increasing `chunks`."""
    ends = np.flatnonzero(np.diff(chunks) != 1) + 1
    for part in np.split(chunks, ends):
        if len(part):
            yield int(part[0]), int(part[-1]) + 1
