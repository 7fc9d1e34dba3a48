"""What all models of tables do with predictions that are on a device: fold them, sum them, copy them back."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.devices.device import Device, DeviceArray
from hpcfit.devices.fold import FoldedPieces, Folding, folding_for
from hpcfit.devices.fold.folding import WIDE
from hpcfit.kernels.rows.device.layout import DeviceLayout, Selected
from hpcfit.kernels.rows.layout import RowLayout
from hpcfit.kernels.rows.row_data import RowData

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: numbers that are copied back at a time where all predictions or derivatives are asked for
_NUMBERS = 2**24


class DeviceRows(ABC):
    """Residuals weight*(f(x) - y) of the rows of a table and their derivatives, on a device.

    What the methods do is told by `RowModel`. The table is copied to the device when it is first needed, and
    stays there as long as its layout does. Of each chunk a triangle, or a sum, comes back.

    Args:
        n_columns: of the Jacobian.

    Attributes:
        notes: what the log should say of the device, until `take_notes`.
    """

    n_values: int
    n_outputs: int

    def __init__(self, device: Device, n_columns: int) -> None:
        self.device, self.n_columns = device, n_columns
        self.notes: list[str] = []
        self._folding_seconds = 0.0
        self._foldings: dict[int, Folding] = {}

    @abstractmethod
    def load_kernels(self) -> None:
        """Compile the kernels, or load them from the cache."""

    @abstractmethod
    def _row_layout(self, data: RowData, bounds: IntArray) -> RowLayout:
        """Chunks, groups and columns."""

    @abstractmethod
    def _at(self, values: FloatArray) -> Any:
        """Parameters on the device, for the methods below."""

    @abstractmethod
    def _values(self, at: Any, own: Selected) -> DeviceArray:
        """Predictions (outputs*n,) of a batch of n rows, those of the selected ones filled."""

    @abstractmethod
    def _columns(self, at: Any, own: Selected) -> DeviceArray:
        """Derivatives and, last, predictions (width, outputs*n) of the same."""

    def take_notes(self) -> list[str]:
        """What was not said yet."""
        notes, self.notes[:] = self.notes[:], []
        return notes

    def take_folding_seconds(self) -> float:
        """Wall time of folding since it was asked last."""
        seconds, self._folding_seconds = self._folding_seconds, 0.0
        return seconds

    def layout(self, data: RowData, bounds: IntArray) -> DeviceLayout:
        """The layout of chunks [bounds[c], bounds[c + 1]) of rows."""
        return DeviceLayout(self.device, data, self._row_layout(data, bounds), self.n_columns, self.notes)

    def linearize(
        self, data: RowData, layout: DeviceLayout, values: FloatArray
    ) -> tuple[FloatArray, FloatArray, IntArray]:
        """Triangles (nc, p + 1, p + 1) of [J | r], costs (nc,), and counts (nc,) of what is not finite."""
        at, layout = self._at(values), layout.of(data)
        width = self.n_columns + 1
        triangles, sums = np.zeros((layout.n_chunks, width, width)), np.zeros((layout.n_chunks, 2))
        pieces: dict[int, FoldedPieces] = {}

        def work(own: Selected) -> tuple[FloatArray, FloatArray] | None:
            columns, folding, found = self._columns(at, own), self._folding(own.width), None
            self.device.synchronize()
            begin = time.perf_counter()
            if own.width < WIDE:
                found = folding.fold(columns, own.rows)
            else:
                pieces.setdefault(int(own.chunks[0]), FoldedPieces(folding)).add(columns, own.rows)
            self._folding_seconds += time.perf_counter() - begin
            return found

        def finish(chunks: list[int]) -> None:
            for chunk in chunks:
                piece = pieces.pop(chunk)
                sums[chunk] = piece.sums
                _spread(piece.triangle(), layout.columns_of(chunk), triangles[chunk])

        for own, found in layout.each(work):
            finish([chunk for chunk in pieces if chunk != own.chunks[0]])
            if found is not None:
                sums[own.chunks] = found[1]
                for chunk, triangle in zip(own.chunks.tolist(), found[0], strict=True):
                    _spread(triangle, layout.columns_of(chunk), triangles[chunk])
        finish(list(pieces))
        return triangles, sums[:, 0].copy(), sums[:, 1].astype(np.int64)

    def cost(self, data: RowData, layout: DeviceLayout, values: FloatArray) -> tuple[FloatArray, IntArray]:
        """Costs |r|^2 (nc,) and counts (nc,) of residuals that are not finite."""
        at, layout = self._at(values), layout.of(data)
        sums = np.zeros((layout.n_chunks, 2))

        def work(own: Selected) -> FloatArray:
            return self._folding(own.width).cost(self._values(at, own), own.rows)

        for own, found in layout.each(work):
            np.add.at(sums, own.chunks, found)
        return sums[:, 0].copy(), sums[:, 1].astype(np.int64)

    def curvature(
        self,
        data: RowData,
        layout: DeviceLayout,
        here: FloatArray,
        there: FloatArray,
        velocity: FloatArray,
        h: float,
    ) -> FloatArray:
        """J^T r_vv of each chunk, shape (nc, p), with r_vv = (2/h) [(r(there) - r(here))/h - J v]."""
        at, moved, layout = self._at(here), self._at(there), layout.of(data)
        result = np.zeros((layout.n_chunks, self.n_columns))

        def work(own: Selected) -> FloatArray:
            along = np.zeros((len(own.chunks), own.width - 1))
            for row, chunk in zip(along, own.chunks.tolist(), strict=True):
                columns = layout.columns_of(chunk)
                row[: len(columns)] = velocity[columns]
            columns_of_rows, values_there = self._columns(at, own), self._values(moved, own)
            return self._folding(own.width).project(columns_of_rows, values_there, own.rows, along, h)

        for own, found in layout.each(work):
            for chunk, row in zip(own.chunks.tolist(), found, strict=True):
                columns = layout.columns_of(chunk)
                result[chunk, columns] += row[: len(columns)]
        return result

    def residual(self, data: RowData, layout: DeviceLayout, values: FloatArray) -> FloatArray:
        """r of each chunk: the rows of the first output, then of the next."""
        begin, end = int(layout.first_row[0]), int(layout.first_row[-1])
        weight = data.weight[:, begin:end]
        with np.errstate(all="ignore"):
            found = weight * (self.predict(data.part(begin, end), values) - data.reference[:, begin:end])
        found[weight == 0.0] = 0.0
        chunks = np.split(found, (layout.first_row[1:-1] - begin).tolist(), axis=1)
        return np.concatenate([np.empty(0), *(each.ravel() for each in chunks)])

    def predict(self, data: RowData, values: FloatArray) -> FloatArray:
        """f(x) of every row, shape (outputs, n)."""
        found = np.empty((self.n_outputs, len(data)))
        at, layout = self._at(values), self._all_of(data)

        def work(own: Selected) -> FloatArray:
            return self.device.get(self._values(at, own)).reshape(self.n_outputs, -1)

        for own, part in layout.each(work):
            begin, end = layout.first_row[[own.chunks[0], own.chunks[-1] + 1]].tolist()
            found[:, begin:end] = part
        return found

    def predict_jacobian(self, data: RowData, values: FloatArray) -> FloatArray:
        """Derivatives of f(x) of every row by the columns, and f(x) itself, shape (p + 1, outputs, n)."""
        width = self.n_columns + 1
        found = np.empty((width, self.n_outputs, len(data)))
        at, layout = self._at(values), self._all_of(data)

        def work(own: Selected) -> FloatArray:
            return self.device.get(self._columns(at, own)).reshape(width, self.n_outputs, -1)

        for own, part in layout.each(work):
            begin, end = layout.first_row[[own.chunks[0], own.chunks[-1] + 1]].tolist()
            found[:, :, begin:end] = part
        return found

    def _all_of(self, data: RowData) -> DeviceLayout:
        """All rows in pieces of which so many numbers each are held, for predictions."""
        step = max(1, _NUMBERS // ((self.n_columns + 1) * self.n_outputs))
        bounds = np.append(np.arange(0, len(data), step), len(data)).astype(np.int64)
        rows = self._row_layout(data, bounds)
        return DeviceLayout(self.device, data, rows, self.n_columns, self.notes, local=False, bare=True)

    def _folding(self, width: int) -> Folding:
        if width not in self._foldings:
            self._foldings[width] = folding_for(self.device, width)
        return self._foldings[width]


def _spread(own: FloatArray, columns: IntArray, triangle: FloatArray) -> None:
    """The triangle of all columns from that of some, the first ones of `own`; r is the last of either."""
    if len(columns) == len(triangle) - 1:
        triangle[:] = own
        return
    there = np.append(columns, len(triangle) - 1)
    here = np.append(np.arange(len(columns)), len(own) - 1)
    triangle[np.ix_(there, there)] = own[np.ix_(here, here)]
