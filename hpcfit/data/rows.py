"""Reading scattered rows of a long array on disk: few reads, no more memory than the result."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Rows worth reading through rather than starting a new read: a chunk is read as a whole anyway.
_GAP = 8192
#: Rows read at once when runs are joined.
_SPAN = 1 << 20

Ranges = NDArray[np.int64]


def consecutive_runs(indices: Ranges) -> Ranges:
    """[first, last) of each run of consecutive numbers in ascending `indices`, as (runs, 2)."""
    if not len(indices):
        return np.zeros((0, 2), dtype=np.int64)
    breaks = np.flatnonzero(np.diff(indices) != 1) + 1
    first = indices[np.concatenate(([0], breaks))]
    last = indices[np.concatenate((breaks - 1, [len(indices) - 1]))] + 1
    return np.stack((first, last), axis=1)


def read_rows(dataset: Any, ranges: Ranges) -> NDArray[Any]:
    """Rows of ascending, disjoint `ranges` (runs, 2) of an HDF5 dataset, one after the other."""
    total = int(np.sum(ranges[:, 1] - ranges[:, 0]))
    result = np.empty((total, *dataset.shape[1:]), dtype=dataset.dtype)
    filled = 0
    for first, last, runs in _joined(ranges):
        count = int(np.sum(runs[:, 1] - runs[:, 0]))
        target = result[filled : filled + count]
        if count == last - first:
            if count:
                dataset.read_direct(target, np.s_[first:last])
        else:
            span = dataset[first:last]
            np.concatenate([span[a - first : b - first] for a, b in runs], out=target)
        filled += count
    return result


def _joined(ranges: Ranges) -> Iterator[tuple[int, int, Ranges]]:
    """Neighbouring ranges that are better read in one go: first row, end row, the ranges in between."""
    start = 0
    for index in range(1, len(ranges) + 1):
        if (
            index == len(ranges)
            or ranges[index, 0] - ranges[index - 1, 1] > _GAP
            or ranges[index, 1] - ranges[start, 0] > _SPAN
        ):
            yield int(ranges[start, 0]), int(ranges[index - 1, 1]), ranges[start:index]
            start = index
