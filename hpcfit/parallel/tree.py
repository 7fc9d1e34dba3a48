"""The reduction: every rank's results per chunk become one result on rank 0, in the fixed merge tree.

Each rank does the merges that concern its own chunks only, and sends the few results that remain, at most
two per level of the tree, as plain numbers in one message. Rank 0 does the other merges. Which rank does
a merge never changes its operands, so the bits are the same on any number of ranks.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpcfit.linalg.merge_order import MergeOrder, merge_sums
from hpcfit.parallel.communicator import Communicator

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
#: folds triangles (n, q, q) into each other for each row (keep, absorb) of pairs, in order and in place
Merge = Callable[[FloatArray, IntArray], None]


@dataclass(frozen=True)
class Reduced:
    """What rank 0 has after a reduction.

    Attributes:
        triangle: merged triangle (q, q), or None when none were given.
        row: sum of the rows, shape (s,).
        status: every rank's status, shape (ranks, n).
        merging: seconds rank 0 spent in merges after the message.
    """

    triangle: FloatArray | None
    row: FloatArray
    status: FloatArray
    merging: float


class Reduction:
    """Reduces results of chunks that are spread over ranks in contiguous ranges.

    Args:
        ranges: first chunk of every rank, and the end, shape (size + 1,); the same on all ranks.
        merge: merges triangles; `merge_triangles` by default.
    """

    def __init__(self, comm: Communicator, ranges: IntArray, merge: Merge | None = None) -> None:
        order = MergeOrder(int(ranges[-1]))
        pairs = list(zip(ranges[:-1].tolist(), ranges[1:].tolist(), strict=True))
        first, last = pairs[comm.rank]
        self._comm = comm
        self._merge = merge or merge_triangles
        self.n_chunks = last - first
        self._local = np.ascontiguousarray(order.pairs(first, last) - first)
        roots = [order.roots(first, last) for first, last in pairs]
        self._kept = roots[comm.rank] - first
        # One row more than results, for the status.
        self._counts = [1 + len(kept) for kept in roots]
        # Rank 0 receives the roots of all ranks in order, which is the order of their chunks.
        remaining = np.searchsorted(np.concatenate(roots), order.remaining(ranges))
        # One memory layout everywhere, or the merging would be compiled for each.
        self._remaining = np.ascontiguousarray(remaining)

    def reduce(self, triangles: FloatArray | None, rows: FloatArray, status: FloatArray) -> Reduced | None:
        """The merged triangle and the sum of the rows on rank 0, None elsewhere. Collective.

        Args:
            triangles: one per chunk of this rank, shape (nc, q, q), or None on all ranks; overwritten.
            rows: shape (nc, s); overwritten.
            status: numbers that rank 0 gets as they are, shape (n,).
        """
        merge_sums(rows, self._local)
        if triangles is not None:
            self._merge(triangles, self._local)
        message = self._pack(triangles, rows, status)
        received = self._comm.gather_rows(message, self._counts)
        if received is None:
            return None
        begin = time.perf_counter()
        return self._finish(received, 0 if triangles is None else triangles.shape[1], rows, status, begin)

    def _pack(self, triangles: FloatArray | None, rows: FloatArray, status: FloatArray) -> FloatArray:
        n, s = len(self._kept), rows.shape[1]
        size = 0 if triangles is None else triangles.shape[1] ** 2
        message = np.zeros((n + 1, max(size + s, len(status))))
        message[0, : len(status)] = status
        message[1:, :s] = rows[self._kept]
        if triangles is not None:
            message[1:, s : s + size] = triangles[self._kept].reshape(n, size)
        return message

    def _finish(
        self, received: FloatArray, q: int, rows: FloatArray, status: FloatArray, begin: float
    ) -> Reduced:
        heads = np.concatenate([[0], np.cumsum(self._counts)[:-1]])
        results = np.delete(received, heads, axis=0)
        s = rows.shape[1]
        row = np.ascontiguousarray(results[:, :s])
        merge_sums(row, self._remaining)
        triangle = None
        if q:
            triangles = np.ascontiguousarray(results[:, s : s + q * q]).reshape(-1, q, q)
            self._merge(triangles, self._remaining)
            triangle = triangles[0].copy()
        every = received[heads, : len(status)]
        return Reduced(triangle, row[0].copy(), every, time.perf_counter() - begin)


def load_merging() -> None:
    """Compile all merging, or load it from the cache, before time is taken."""
    pairs = np.ascontiguousarray(MergeOrder(2).pairs(0, 2))
    merge_sums(np.zeros((2, 1)), pairs)
    merge_triangles(np.zeros((2, 2, 2)), pairs)


def merge_triangles(triangles: FloatArray, pairs: IntArray) -> None:
    """For each row (keep, absorb) of `pairs`, in order, fold triangles[absorb] into triangles[keep]."""
    from hpcfit.linalg.householder import merge_pairs
    from hpcfit.linalg.wide import WIDE, WideFolding

    if triangles.shape[1] < WIDE:
        merge_pairs(triangles, pairs)
        return
    folding = WideFolding(triangles.shape[1])
    for keep, absorb in pairs.tolist():
        folding.merge(triangles[keep], triangles[absorb])
