"""The one order in which the results of n chunks are merged, whoever holds them.

A binary tree of fixed shape over the chunk indices: at level l, the node that starts at s (a multiple of
2^(l+1)) merges what was collected at s + 2^l into what was collected at s. A rank can do every merge whose
chunks are all its own; rank 0 does the rest. Since floating-point merges are done in this tree and no
other, the bits do not depend on the number of ranks.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]


class Steps(NamedTuple):
    """Merges in order: the result at `right[s]` goes into that at `left[s]`; both shape (steps,)."""

    left: IntArray
    right: IntArray


class MergeOrder:
    """The merge tree over n chunks.

    Args:
        n: number of chunks of the whole job.
    """

    def __init__(self, n: int) -> None:
        self.n = n

    @cached_property
    def _merges(self) -> tuple[IntArray, IntArray, IntArray]:
        """Start of the left part, start of the right part, end of the merged node; by level."""
        left: list[IntArray] = []
        right: list[IntArray] = []
        end: list[IntArray] = []
        half = 1
        while half < self.n:
            start = np.arange(0, self.n - half, 2 * half, dtype=np.int64)
            left.append(start)
            right.append(start + half)
            end.append(np.minimum(start + 2 * half, self.n))
            half *= 2
        none = [np.zeros(0, dtype=np.int64)]
        return np.concatenate(left or none), np.concatenate(right or none), np.concatenate(end or none)

    def local(self, first: int, last: int) -> Steps:
        """The merges that concern chunks [first, last) only, with indices counted from `first`."""
        left, right, end = self._merges
        own = (left >= first) & (end <= last)
        return Steps(left[own] - first, right[own] - first)

    def survivors(self, first: int, last: int) -> IntArray:
        """Chunks of [first, last) that hold a result after the local merges, counted from `first`."""
        merged = self.local(first, last).right
        return np.setdiff1d(np.arange(max(last - first, 0), dtype=np.int64), merged)

    def remaining(self, ranges: IntArray) -> Steps:
        """The merges that no rank can do alone, as indices into the survivors of all ranks in order.

        Args:
            ranges: first chunk of every rank, and the end, shape (ranks + 1,).
        """
        left, right, end = self._merges
        done = np.zeros(len(left), dtype=bool)
        places = []
        for first, last in zip(ranges[:-1].tolist(), ranges[1:].tolist(), strict=True):
            done |= (left >= first) & (end <= last)
            places.append(self.survivors(first, last) + first)
        place = np.concatenate(places)
        return Steps(np.searchsorted(place, left[~done]), np.searchsorted(place, right[~done]))
