"""Folding by Householder reflections in shared memory: a block of threads for each span of rows.

A block that merges takes one panel of rows after the other. Where a panel holds few triangles and a chunk has
many of them, one block for the chunk would work on alone for longer than all blocks have folded; so some of
them are merged to one at a time, by a block each, until one is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import NDArray

from hpcfit.devices.device import Argument, DeviceArray, DeviceFault, OutOfDeviceMemory
from hpcfit.devices.fold.block_shape import BlockShape
from hpcfit.devices.fold.folding import Facts, FloatArray, Folding, is_extreme, picked
from hpcfit.devices.fold.householder_source import HOUSEHOLDER
from hpcfit.devices.fold.rows import PlacedRows
from hpcfit.linalg.householder import merge_pairs

IntArray = NDArray[np.int64]

#: panels that a block takes in where it merges, and triangles at least; the bits of a chunk depend on them
_PANELS, _LEAST = 4, 8


@final
class HouseholderFolding(Folding):
    """Backward stable for any conditioning; one launch where no chunk has several spans, mostly two else."""

    @cached_property
    def shape(self) -> BlockShape:
        """How a block of threads is cut."""
        return BlockShape.of(self.width, self.device.shared_memory)

    @cached_property
    def at_once(self) -> int:
        """Triangles that one block merges."""
        return max(_LEAST, _PANELS * 32 * self.shape.lane_rows // self.width)

    @property
    def source(self) -> str:
        return self.shape.definitions() + super().source + HOUSEHOLDER

    def merge(self, triangles: FloatArray, pairs: IntArray) -> None:
        """For each row (keep, absorb) of `pairs`, in order, fold triangles[absorb] into triangles[keep].

        Args:
            triangles: (any, width, width), on the host; only those that are kept have a meaning afterwards.
        """
        if not len(pairs):
            return
        if is_extreme(np.abs(triangles).max(axis=(0, 1))).any():
            merge_pairs(triangles, pairs)
            return
        try:
            self._merge(triangles, pairs)
        except (OutOfDeviceMemory, DeviceFault):
            # Between ranks no error may leave here; of a device that has failed the next evaluation tells.
            merge_pairs(triangles, pairs)

    def _merge(self, triangles: FloatArray, pairs: IntArray) -> None:
        placed = self.device.put(triangles)
        for level in _levels(pairs):
            args: list[Argument] = [self.device.put(np.ascontiguousarray(level)), placed]
            self.module.launch("merge_pairs", (len(level),), 32 * self.shape.warps, args, self.shape.shared)
        triangles[:] = self.device.get(placed)

    def _fold(self, predictions: DeviceArray, rows: PlacedRows) -> tuple[FloatArray, Facts]:
        device, width, threads = self.device, self.width, 32 * self.shape.warps
        triangles, facts = device.empty((rows.n_spans, width, width)), device.empty((rows.n_spans, width + 2))
        args = [*picked(predictions, rows), rows.span_begin, triangles, facts]
        self.module.launch("fold_spans", (rows.n_spans,), threads, args, self.shape.shared)
        triangles = self._merged(triangles, rows)
        return device.get(triangles), self._of_chunks(facts, rows)

    def _merged(self, triangles: DeviceArray, rows: PlacedRows) -> DeviceArray:
        """One triangle of each chunk from those of its spans."""
        first, shape = rows.first_span, self.shape
        while (np.diff(first) > 1).any():
            begin, first = _grouped(first, self.at_once)
            whole = np.array_equal(begin, rows.first_span)
            placed = rows.chunk_span if whole else self.device.put(begin)
            merged = self.device.empty((len(begin) - 1, self.width, self.width))
            args: list[Argument] = [placed, triangles, merged]
            self.module.launch("merge_spans", (len(begin) - 1,), 32 * shape.warps, args, shape.shared)
            triangles = merged
        return triangles


def _grouped(first: IntArray, most: int) -> tuple[IntArray, IntArray]:
    """Where groups of at most so many triangles begin, and the end; and the first group of each chunk.

    Args:
        first: first triangle of each chunk, and the end.
    """
    counts = -(-np.diff(first) // most)
    first_group = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    chunk = np.repeat(np.arange(len(counts)), counts)
    begin = first[chunk] + most * (np.arange(first_group[-1]) - first_group[chunk])
    return np.append(begin, first[-1]).astype(np.int64), first_group


def _levels(pairs: IntArray) -> Iterator[IntArray]:
    """Runs of pairs that have no triangle in common, so that they can be merged at the same time."""
    first, used = 0, set[int]()
    for k, pair in enumerate(pairs.tolist()):
        if used & set(pair):
            yield pairs[first:k]
            first, used = k, set()
        used |= set(pair)
    yield pairs[first:]
