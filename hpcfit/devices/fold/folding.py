"""What all ways of folding have in common: sums over rows, and the interface that groups use."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hpcfit.devices.device import Argument, Device, DeviceArray, Module
from hpcfit.devices.fold.rows import SPAN, PlacedRows
from hpcfit.devices.fold.sums_source import SUMS

FloatArray = NDArray[np.float64]

#: columns from which on the library's QR is used, as on the processor (linalg/wide.py)
WIDE = 200
#: columns with magnitudes outside of this, whose squares could overflow or vanish, go to the processor
_SMALLEST, _LARGEST = 1e-85, 1e85
_THREADS = 128


@dataclass(frozen=True)
class Facts:
    """Of each chunk: cost |r|^2 and number of entries that are not finite, shape (nc, 2), and the largest
    magnitude in each column (nc, width)."""

    sums: FloatArray
    largest: FloatArray

    @property
    def extreme(self) -> NDArray[np.bool_]:
        """Chunks whose finite entries have squares that may overflow or vanish, shape (nc,)."""
        found: NDArray[np.bool_] = is_extreme(self.largest).any(axis=1) & (self.sums[:, 1] == 0.0)
        return found


def is_extreme(magnitude: FloatArray) -> NDArray[np.bool_]:
    """Whether squares of numbers as large as these may overflow, or vanish."""
    found: NDArray[np.bool_] = (magnitude != 0.0) & ((magnitude < _SMALLEST) | (magnitude > _LARGEST))
    return found


class Folding(ABC):
    """Triangles of [J | r] of chunks, whose rows are picked from predictions on the device.

    Predictions are (width, rows) column by column, the value itself last.

    Args:
        width: columns of [J | r], p + 1.
    """

    def __init__(self, device: Device, width: int) -> None:
        self.device, self.width = device, width

    @property
    def source(self) -> str:
        """CUDA C of all kernels."""
        return f"#define WIDTH {self.width}\n#define SPAN {SPAN}\n{SUMS}"

    @cached_property
    def module(self) -> Module:
        """The kernels, compiled when they are first used."""
        return self.device.load(self.source)

    def fold(self, predictions: DeviceArray, rows: PlacedRows) -> tuple[FloatArray, FloatArray]:
        """Triangles (nc, width, width) and sums (nc, 2), cost and number of entries that are not finite."""
        if rows.n_chunks == 0:
            return np.zeros((0, self.width, self.width)), np.zeros((0, 2))
        triangles, facts = self._fold(predictions, rows)
        for chunk in np.flatnonzero(facts.extreme).tolist():
            self._fold_on_host(predictions, rows, chunk, triangles[chunk])
        return triangles, facts.sums

    @abstractmethod
    def _fold(self, predictions: DeviceArray, rows: PlacedRows) -> tuple[FloatArray, Facts]:
        """Triangles (nc, width, width) and what is known of the chunks."""

    def cost(self, predicted: DeviceArray, rows: PlacedRows) -> FloatArray:
        """Sums (nc, 2) of predictions (rows,)."""
        sums = self.device.empty((rows.n_spans, 2))
        grid = (-(-32 * rows.n_spans // _THREADS),)
        args: list[Argument] = [rows.n_spans, predicted, rows.source, rows.weight, rows.reference]
        self.module.launch("cost_spans", grid, _THREADS, [*args, rows.span_begin, sums])
        return self.device.get(self._summed(sums, rows, 2))

    def project(
        self, predictions: DeviceArray, moved: DeviceArray, rows: PlacedRows, velocity: FloatArray, h: float
    ) -> FloatArray:
        """J^T r_vv (nc, p) of each chunk; see `project_second_derivative`.

        Args:
            moved: predictions (rows,) at theta + h velocity.
            velocity: (p,), or that of each chunk, (nc, p).
        """
        p = self.width - 1
        step = p if velocity.ndim == 2 else 0
        if step:
            velocity = np.repeat(velocity, np.diff(rows.first_span), axis=0)
        parts = self.device.empty((rows.n_spans, p))
        args: list[Argument] = [predictions, predictions.shape[1], moved, rows.source, rows.weight]
        args += [rows.span_begin, self.device.put(velocity), step, float(h), parts]
        self.module.launch("project_spans", (rows.n_spans,), _THREADS, args)
        return self.device.get(self._summed(parts, rows, p))

    def block(self, predictions: DeviceArray, rows: PlacedRows, chunk: int) -> FloatArray:
        """[J | r] (width, k) of a chunk."""
        count = int(rows.first_residual[chunk + 1] - rows.first_residual[chunk])
        out = self.device.empty((self.width, count))
        self.weigh(predictions, rows, chunk, out)
        return self.device.get(out)

    def weigh(
        self,
        predictions: DeviceArray,
        rows: PlacedRows,
        chunk: int,
        out: DeviceArray,
        *,
        by_rows: bool = False,
    ) -> None:
        """[J | r] of a chunk into `out`, (width, k) or, by rows, the first k rows of (any, width)."""
        begin = int(rows.first_residual[chunk])
        count = int(rows.first_residual[chunk + 1]) - begin
        grid = -(-count // _THREADS), self.width
        args = [*picked(predictions, rows), begin, count, int(by_rows), out]
        self.module.launch("weigh_block", grid, _THREADS, args)

    def bytes_needed(self, n_residuals: float, n_chunks: float) -> float:
        """Working memory on the device."""
        return 8.0 * (n_residuals / SPAN + 2.0 * n_chunks) * (self.width + 1) ** 2

    def _summed(self, parts: DeviceArray, rows: PlacedRows, width: int) -> DeviceArray:
        """Sums (nc, width) of what spans have, (n_spans, width)."""
        if rows.single_spans:
            return parts
        sums = self.device.empty((rows.n_chunks, width))
        args: list[Argument] = [rows.n_chunks, width, rows.chunk_span, parts, sums]
        self.module.launch("sum_spans", (-(-rows.n_chunks * width // _THREADS),), _THREADS, args)
        return sums

    def facts(self, predictions: DeviceArray, rows: PlacedRows) -> Facts:
        """What is known of the chunks without folding them."""
        facts = self.device.empty((rows.n_spans, 2 + self.width))
        args = [*picked(predictions, rows), rows.span_begin, facts]
        self.module.launch("tell_spans", (rows.n_spans,), _THREADS, args)
        return self._of_chunks(facts, rows)

    def _of_chunks(self, facts: DeviceArray, rows: PlacedRows) -> Facts:
        """From those of spans: costs, counts, and the largest of each column, (n_spans, 2 + width)."""
        told, first = self.device.get(facts), rows.first_span
        sums = np.zeros((rows.n_chunks, 2))
        # One after the other as sum_spans adds them; reduceat would add them in another order.
        np.add.at(sums, np.repeat(np.arange(rows.n_chunks), np.diff(first)), told[:, :2])
        return Facts(sums, np.maximum.reduceat(told[:, 2:], first[:-1]))

    def _fold_on_host(
        self, predictions: DeviceArray, rows: PlacedRows, chunk: int, triangle: FloatArray
    ) -> None:
        from hpcfit.linalg.wide import WideFolding

        WideFolding(self.width).fold(self.block(predictions, rows, chunk), triangle)


def picked(predictions: DeviceArray, rows: PlacedRows) -> list[Argument]:
    """Arguments that all kernels begin with which pick entries of [J | r]."""
    return [predictions, predictions.shape[1], rows.source, rows.weight, rows.reference]
