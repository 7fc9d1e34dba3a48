"""The least-squares objective over the chunks of a table that one rank holds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hpcfit.kernels.rows.model import AnyRowModel
from hpcfit.kernels.rows.row_data import RowData
from hpcfit.problem.chunk_gradient import gradients, runs
from hpcfit.problem.folding_time import time_to_fold
from hpcfit.problem.mapped_rows import mapped_rows, mapped_triangles
from hpcfit.problem.parameters import ParameterSet

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass
class RowObjective:
    """Residuals weight*(f(x) - y) of rows, their triangles and second directional derivatives.

    Every method returns one row per chunk of this rank; see `parallel.protocols.LocalObjective`.

    Attributes:
        bounds: first row of each chunk, and the end, shape (nc + 1,).
        seconds: wall time in the methods below since construction.
    """

    model: AnyRowModel
    parameters: ParameterSet
    data: RowData
    bounds: NDArray[np.int64]
    seconds: float = field(default=0.0, kw_only=True)
    folding_seconds: float = field(default=0.0, kw_only=True)
    _fold_time: float | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.layout = self.model.layout(self.data, self.bounds)

    @property
    def n_parameters(self) -> int:
        return len(self.parameters.free)

    @property
    def n_residuals(self) -> int:
        """Residuals of this rank's rows that take part."""
        return self.data.n_residuals

    @property
    def n_chunks(self) -> int:
        return len(self.bounds) - 1

    def take_notes(self) -> list[str]:
        """What the log should say of a device, and was not said yet."""
        take = getattr(self.model, "take_notes", None)
        return [] if take is None else take()

    def linearize(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Triangles (n_chunks, p + 1, p + 1) of [J | r], and sums (n_chunks, 2): cost, non-finite."""
        begin = time.perf_counter()
        triangles, sums = self._linearized(self.parameters.values(theta))
        triangles = mapped_triangles(triangles, self.parameters.jacobian(theta))
        self.seconds += time.perf_counter() - begin
        return triangles, sums

    def curvature(self, theta: FloatArray, velocity: FloatArray, h: float) -> FloatArray:
        """J^T r_vv of every chunk, shape (n_chunks, p), with r_vv along `velocity` (p,)."""
        begin = time.perf_counter()
        here, there = self.parameters.values(theta), self.parameters.values(theta + h * velocity)
        matrix = self.parameters.jacobian(theta)
        tangent = velocity if matrix is None else (matrix * velocity).sum(axis=1)
        result = mapped_rows(self._curved(here, there, tangent, h), matrix)
        self.seconds += time.perf_counter() - begin
        return result

    def cost(self, theta: FloatArray) -> FloatArray:
        """Sums (n_chunks, 2): cost |r|^2 and the number of residuals that are not finite."""
        begin = time.perf_counter()
        sums = self._costs(self.parameters.values(theta))
        self.seconds += time.perf_counter() - begin
        return sums

    def gradient(self, theta: FloatArray, chunks: IntArray | None = None) -> FloatArray:
        """J^T r (p columns), cost and number of non-finite residuals of every chunk, shape (n_chunks, p + 2).

        Args:
            chunks: numbers of those that are evaluated, increasing; the rows of others are zero. By
                default all.
        """
        begin = time.perf_counter()
        values = self.parameters.values(theta)
        rows, sums = np.zeros((self.n_chunks, self.model.n_columns)), np.zeros((self.n_chunks, 2))
        for first, last in runs(np.arange(self.n_chunks) if chunks is None else chunks):
            rows[first:last], sums[first:last] = self._gradients(values, first, last)
        rows = mapped_rows(rows, self.parameters.jacobian(theta))
        found = np.concatenate([rows, sums], axis=1)
        self.seconds += time.perf_counter() - begin
        return found

    def blocks(self, theta: FloatArray) -> Iterator[tuple[FloatArray, FloatArray, IntArray, IntArray]]:
        """[J | r] of each chunk by the columns of the model, (c + 1, k), r without a loss, the row of each
        residual, (k,), and the number of its output."""
        values = self.parameters.values(theta)
        for first, last in zip(self.bounds[:-1].tolist(), self.bounds[1:].tolist(), strict=True):
            part = self.data.part(first, last)
            columns = self.model.predict_jacobian(part, values)
            output, row = np.nonzero(part.weight[:, : last - first])
            found = np.ascontiguousarray(columns[:, output, row])
            found[-1] -= part.reference[output, row]
            found *= part.weight[output, row]
            yield found, found[-1], row + first, output

    def _linearized(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Triangles by the columns of the model, and sums, of all chunks."""
        begin = time.perf_counter()
        triangles, cost, nonfinite = self.model.linearize(self.data, self.layout, values)
        elapsed = time.perf_counter() - begin
        measured = getattr(self.model, "take_folding_seconds", None)
        self.folding_seconds += min(self._seconds_to_fold(), elapsed) if measured is None else measured()
        return triangles, np.stack([cost, nonfinite.astype(np.float64)], axis=1)

    def _costs(self, values: FloatArray) -> FloatArray:
        cost, nonfinite = self.model.cost(self.data, self.layout, values)
        return np.stack([cost, nonfinite.astype(np.float64)], axis=1)

    def _curved(self, here: FloatArray, there: FloatArray, tangent: FloatArray, h: float) -> FloatArray:
        """J^T r_vv of all chunks by the columns of the model."""
        return self.model.curvature(self.data, self.layout, here, there, tangent, h)

    def _gradients(self, values: FloatArray, first: int, last: int) -> tuple[FloatArray, FloatArray]:
        """J^T r (n, c) and sums (n, 2) of the chunks [first, last)."""
        layout = self.layout.part(first, last)
        cheaper = getattr(self.model, "gradient", None)
        if cheaper is not None:
            rows, cost, nonfinite = cheaper(self.data, layout, values)
        else:
            triangles, cost, nonfinite = self.model.linearize(self.data, layout, values)
            rows = np.zeros((last - first, self.model.n_columns))
            gradients(triangles, rows)
        return rows, np.stack([cost, nonfinite.astype(np.float64)], axis=1)

    def _seconds_to_fold(self) -> float:
        """Time of all QR factorizations of one linearization, measured once; they are within the kernel."""
        if self._fold_time is None:
            rows = self.model.n_outputs * np.diff(self.bounds)
            # Chunks of few groups are narrow; a network's layout knows no columns, and it folds all of them.
            own = np.diff(self.layout.first_column)
            width = round(own.mean()) if own.any() else self.model.n_columns
            self._fold_time = time_to_fold(rows, width)
        return self._fold_time
