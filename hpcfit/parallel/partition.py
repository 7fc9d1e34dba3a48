"""Which rank gets which chunks: contiguous ranges whose largest cost is as small as possible."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

IntArray = NDArray[np.int64]

#: costs are rounded to this fraction of their sum, speeds to this fraction of the highest
_RESOLUTION, _STEPS = 2.0**40, 2**20


def partition(costs: ArrayLike, size: int, speeds: ArrayLike | None = None) -> IntArray:
    """First chunk of every rank, and the end, shape (size + 1,).

    The longest time of a rank is the shortest that contiguous ranges allow; among those ranges the ones
    nearest to equal shares of the time are taken. With more ranks than chunks some ranges are empty.

    Args:
        costs: expected cost of each chunk, shape (n,), non-negative, in any unit.
        size: number of ranks, at least 1.
        speeds: of the ranks, shape (size,), positive, in any unit; None where all are alike.
    """
    cost = np.asarray(costs, dtype=np.float64)
    if not cost.any():
        cost = np.ones_like(cost)
    scale = _RESOLUTION / cost.sum()
    # Whole numbers, so that sums of ranges are exact and every comparison below means what it says.
    total = np.concatenate([[0], np.cumsum(np.rint(cost * scale).astype(np.int64))])
    speed = np.full(size, _STEPS) if speeds is None else _steps(np.asarray(speeds, dtype=np.float64))
    return _even_bounds(total, speed, _smallest_limit(total, speed))


def load_imbalance(times: ArrayLike) -> float:
    """Largest over mean, minus one: 0 when all ranks take the same time, 0.1 when one takes 10 % more."""
    taken = np.asarray(times, dtype=np.float64)
    mean = float(taken.mean())
    return float(taken.max()) / mean - 1.0 if mean > 0.0 else 0.0


def _steps(speeds: NDArray[np.float64]) -> IntArray:
    """Speeds as whole numbers up to _STEPS; a rank that is hardly of use counts as the slowest there is."""
    return np.asarray(np.maximum(np.rint(speeds * (_STEPS / speeds.max())), 1.0), dtype=np.int64)


def _smallest_limit(total: IntArray, speed: IntArray) -> int:
    """Bisection on what the fastest rank takes in the time of the slowest range."""
    low = int(np.diff(total).max(initial=0))
    # More than the whole, so that even the slowest rank could take it.
    high = int(total[-1]) * _STEPS // int(speed.min()) + 1
    while low < high:
        middle = (low + high) // 2
        if _greedy(total, speed, middle)[-1] == len(total) - 1:
            high = middle
        else:
            low = middle + 1
    return low


def _reach(total: IntArray, first: int, limit: int, speed: int) -> int:
    """The farthest end of a range that begins at `first`, of a rank of this speed within a limit."""
    room = int(total[first]) + limit * speed // _STEPS
    return int(np.searchsorted(total, min(room, int(total[-1])), side="right")) - 1


def _greedy(total: IntArray, speed: IntArray, limit: int) -> IntArray:
    bounds = np.zeros(len(speed) + 1, dtype=np.int64)
    for rank, own in enumerate(speed.tolist()):
        bounds[rank + 1] = _reach(total, int(bounds[rank]), limit, own)
    return bounds


def _even_bounds(total: IntArray, speed: IntArray, limit: int) -> IntArray:
    """Bounds nearest to equal shares of those in which no range costs more than `limit`."""
    n, size = len(total) - 1, len(speed)
    before = [0, *np.cumsum(speed).tolist()]
    # The earliest start of each rank from which the ranks after it can still reach the end.
    earliest = n - _greedy(total[-1] - total[::-1], speed[::-1], limit)[::-1]
    bounds = np.zeros(size + 1, dtype=np.int64)
    for rank in range(1, size):
        share = int(total[-1]) * before[rank] // before[-1]
        above = int(np.searchsorted(total, share))
        nearest = above - 1 if above > 0 and share - total[above - 1] < total[above] - share else above
        first = int(bounds[rank - 1])
        farthest = _reach(total, first, limit, int(speed[rank - 1]))
        bounds[rank] = min(max(nearest, int(earliest[rank]), first), farthest)
    bounds[size] = n
    return bounds
