"""The order in which the results of chunks are merged: a binary tree fixed by their number alone.

Level by level, chunks i and i + s are merged into i for s = 1, 2, 4, ... and i a multiple of 2s.
Whoever holds consecutive chunks does the merges that lie wholly among them, and rank 0 the rest; as
each merge has the same two operands wherever it is done, the result has the same bits for any
distribution. A merged result stands where its first chunk stood, so triangles, vectors and plain
sums all follow one list of pairs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class MergeOrder:
    """The tree over chunks 0 .. count - 1; the result of the whole stands at chunk 0."""

    count: int

    def pairs(self, first: int, last: int) -> Indices:
        """Merges whose chunks all lie in [first, last), in order.

        Returns:
            Rows (keep, absorb) of chunk indices, shape (any, 2): absorb is merged into keep.
        """
        nodes = self._nodes()
        return nodes[(nodes[:, 0] >= first) & (nodes[:, 2] <= last), :2]

    def roots(self, first: int, last: int) -> Indices:
        """First chunks of the largest subtrees in [first, last): where results stand after `pairs`."""
        return np.setdiff1d(np.arange(first, last, dtype=np.int64), self.pairs(first, last)[:, 1])

    def remaining(self, bounds: Indices) -> Indices:
        """Merges that are left when holder k did those among the chunks [bounds[k], bounds[k + 1]).

        Args:
            bounds: not decreasing, from 0 to `count`, shape (holders + 1,); a holder may have none.

        Returns:
            Rows (keep, absorb), shape (any, 2), in order.
        """
        nodes = self._nodes()
        holder_of_first = np.searchsorted(bounds, nodes[:, 0], side="right")
        holder_of_last = np.searchsorted(bounds, nodes[:, 2] - 1, side="right")
        return nodes[holder_of_first != holder_of_last, :2]

    def _nodes(self) -> Indices:
        """Rows (keep, absorb, end) of all merges: node [keep, end) joins [keep, absorb) and the rest."""
        levels = [np.empty((0, 3), dtype=np.int64)]
        half = 1
        while half < self.count:
            keep = np.arange(0, self.count - half, 2 * half, dtype=np.int64)
            levels.append(np.stack([keep, keep + half, np.minimum(keep + 2 * half, self.count)], axis=1))
            half *= 2
        return np.concatenate(levels)


def merge_sums(values: NDArray[np.float64], pairs: Indices) -> None:
    """Add values[absorb] to values[keep] for each row (keep, absorb) of `pairs`, in order and in place.

    Args:
        values: numbers or vectors, contiguous, shape (count, ...).
        pairs: positions in `values`, shape (any, 2).

    Raises:
        ValueError: the values are not contiguous.
    """
    from hpcfit.linalg.householder import add_pairs

    if not values.flags.c_contiguous:
        raise ValueError("merge_sums: values must be contiguous to be added in place")
    if len(pairs):
        add_pairs(values.reshape(len(values), -1), pairs)
