"""Folding by Householder reflections in shared memory: a block of threads a span, then one a chunk."""

from __future__ import annotations

from functools import cached_property
from typing import final

from hpcfit.devices.device import DeviceArray
from hpcfit.devices.fold.block_shape import BlockShape
from hpcfit.devices.fold.folding import Facts, FloatArray, Folding, picked
from hpcfit.devices.fold.rows import PlacedRows
from hpcfit.devices.fold.source import HOUSEHOLDER


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
