"""How long the QR factorizations of one linearization take."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

_SAMPLES = 5
#: rows of a sample at most; beyond that the time grows with the number of rows
_MOST_ROWS = 4096


def time_to_fold(rows: NDArray[np.int64], n_columns: int) -> float:
    """Seconds to triangularize one block [J | r] per chunk, from a few blocks of about the mean shape.

    Args:
        rows: rows of each chunk, shape (nc,).
    """
    from hpcfit.linalg.wide import WIDE, WideFolding

    total = int(rows.sum())
    if total == 0:
        return 0.0
    wide = n_columns + 1 >= WIDE
    mean = min(-(-total // len(rows)), 2 * n_columns if wide else _MOST_ROWS)
    block = np.random.default_rng(0).standard_normal((n_columns + 1, mean))
    folding, triangle = WideFolding(len(block)), np.empty((len(block), len(block)))
    times = []
    for _ in range(1 if wide else _SAMPLES):
        copy = block.copy()
        begin = time.perf_counter()
        folding.fold(copy, triangle)
        times.append(time.perf_counter() - begin)
    # The least is the one that nothing disturbed; the first may have compiled.
    return min(times) * total / mean
