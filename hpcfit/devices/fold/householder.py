"""Folding by Householder reflections in shared memory: a block of threads a span, then one a chunk."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import final

import numpy as np
from numpy.typing import NDArray

from hpcfit.devices.device import Argument, DeviceArray, OutOfDeviceMemory
from hpcfit.devices.fold.block_shape import BlockShape
from hpcfit.devices.fold.folding import Facts, FloatArray, Folding, is_extreme, picked
from hpcfit.devices.fold.householder_source import HOUSEHOLDER
from hpcfit.devices.fold.rows import PlacedRows
from hpcfit.linalg.householder import merge_pairs

IntArray = NDArray[np.int64]


@final
class HouseholderFolding(Folding):
    """Backward stable for any conditioning; two launches, or one where no chunk has more rows than a span."""

    @cached_property
    def shape(self) -> BlockShape:
        """How a block of threads is cut."""
        return BlockShape.of(self.width, self.device.shared_memory)

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
        except OutOfDeviceMemory:
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
        if not rows.single_spans:
            parts, triangles = triangles, device.empty((rows.n_chunks, width, width))
            args = [rows.chunk_span, parts, triangles]
            self.module.launch("merge_spans", (rows.n_chunks,), threads, args, self.shape.shared)
        return device.get(triangles), self._of_chunks(facts, rows)


def _levels(pairs: IntArray) -> Iterator[IntArray]:
    """Runs of pairs that have no triangle in common, so that they can be merged at the same time."""
    first, used = 0, set[int]()
    for k, pair in enumerate(pairs.tolist()):
        if used & set(pair):
            yield pairs[first:k]
            first, used = k, set()
        used |= set(pair)
    yield pairs[first:]
