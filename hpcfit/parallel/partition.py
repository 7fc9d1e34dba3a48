"""Which rank gets which chunks: contiguous ranges whose largest cost is as small as possible."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

IntArray = NDArray[np.int64]

#: costs are rounded to this fraction of their sum
_RESOLUTION = 2.0**40


def partition(costs: ArrayLike, size: int) -> IntArray:
    """First chunk of every rank, and the end, shape (size + 1,).

    The largest cost of a rank is the smallest that contiguous ranges allow; among those ranges the ones
    nearest to equal shares are taken. With more ranks than chunks some ranges are empty.

    Args:
        costs: expected cost of each chunk, shape (n,), non-negative, in any unit.
        size: number of ranks, at least 1.
    """
    cost = np.asarray(costs, dtype=np.float64)
    if not cost.any():
        cost = np.ones_like(cost)
    scale = _RESOLUTION / cost.sum()
    # Whole numbers, so that sums of ranges are exact and every comparison below means what it says.
    total = np.concatenate([[0], np.cumsum(np.rint(cost * scale).astype(np.int64))])
    return _even_bounds(total, size, _smallest_limit(total, size))


def load_imbalance(times: ArrayLike) -> float:
    """Largest over mean, minus one: 0 when all ranks take the same time, 0.1 when one takes 10 % more."""
    taken = np.asarray(times, dtype=np.float64)
    mean = float(taken.mean())
    return float(taken.max()) / mean - 1.0 if mean > 0.0 else 0.0


def _smallest_limit(total: IntArray, size: int) -> int:
    """Bisection on the largest cost of a rank."""
    low = int(np.diff(total).max(initial=0))
    high = int(total[-1])
    while low < high:
        middle = (low + high) // 2
        if _greedy(total, size, middle)[-1] == len(total) - 1:
            high = middle
        else:
            low = middle + 1
    return low


def _reach(total: IntArray, first: int, limit: int) -> int:
    """The farthest end of a range that begins at `first` and costs at most `limit`."""
    return int(np.searchsorted(total, total[first] + limit, side="right")) - 1


def _greedy(total: IntArray, size: int, limit: int) -> IntArray:
    bounds = np.zeros(size + 1, dtype=np.int64)
    for rank in range(size):
        bounds[rank + 1] = _reach(total, int(bounds[rank]), limit)
    return bounds


def _even_bounds(total: IntArray, size: int, limit: int) -> IntArray:
    """Bounds nearest to equal shares of those in which no range costs more than `limit`."""
    n = len(total) - 1
    # The earliest start of each rank from which the ranks after it can still reach the end.
    earliest = n - _greedy(total[-1] - total[::-1], size, limit)[::-1]
    bounds = np.zeros(size + 1, dtype=np.int64)
    for rank in range(1, size):
        share = int(total[-1]) * rank // size
        above = int(np.searchsorted(total, share))
        nearest = above - 1 if above > 0 and share - total[above - 1] < total[above] - share else above
        first = int(bounds[rank - 1])
        bounds[rank] = min(max(nearest, int(earliest[rank]), first), _reach(total, first, limit))
    bounds[size] = n
    return bounds
