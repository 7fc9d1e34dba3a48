"""The objective over the chunks of a table that one rank holds, where losses are not those of least squares.

Predictions and their derivatives come from the model chunk by chunk, as for any model of rows; what the loss
makes of them is compiled.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hpcfit.kernels.rows.model import AnyRowModel
from hpcfit.kernels.rows.row_data import RowData
from hpcfit.problem.chunk_gradient import gradients
from hpcfit.problem.loss import RowLoss, TargetLoss
from hpcfit.problem.mapped import map_rows, map_triangles
from hpcfit.problem.mapped_rows import mapped_rows
from hpcfit.problem.parameters import ParameterSet
from hpcfit.problem.second_derivative import project_second_derivative

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass
class RobustRowObjective:
    """Losses of residuals weight*(f(x) - y) of rows; methods are those of `RowObjective`.

    Residuals that take part are ordered by chunk, in it by output, in it by row.

    Attributes:
        losses: of each output; can be set anew.
    """

    model: AnyRowModel
    parameters: ParameterSet
    data: RowData
    bounds: IntArray
    losses: Sequence[TargetLoss]
    seconds: float = 0.0
    folding_seconds: float = 0.0
    first_residual: IntArray = field(init=False)
    rows: IntArray = field(init=False)
    outputs: IntArray = field(init=False)

    def __post_init__(self) -> None:
        self.layout = self.model.layout(self.data, self.bounds)
        n = len(self.data)
        output, row = np.nonzero(self.data.weight[:, :n])
        chunk = np.searchsorted(self.bounds, row, side="right") - 1
        order = np.lexsort((row, output, chunk))
        self.rows, self.outputs = row[order], output[order]
        self.first_residual = np.searchsorted(chunk[order], np.arange(self.n_chunks + 1)).astype(np.int64)
        self._loss = RowLoss.of(self.outputs, self.losses)

    def use(self, losses: Sequence[TargetLoss]) -> None:
        """Take other losses from here on."""
        self.losses, self._loss = losses, RowLoss.of(self.outputs, losses)

    @property
    def n_parameters(self) -> int:
        return len(self.parameters.free)

    @property
    def n_residuals(self) -> int:
        return len(self.rows)

    @property
    def n_chunks(self) -> int:
        return len(self.bounds) - 1

    def linearize(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Triangles (n_chunks, p + 1, p + 1) of the scaled [J | r], and sums (n_chunks, 2)."""
        begin = time.perf_counter()
        by_values, sums = self._triangles(self.parameters.values(theta), range(self.n_chunks))
        matrix = self.parameters.jacobian(theta)
        triangles = by_values
        if matrix is not None:
            triangles = np.empty((self.n_chunks, self.n_parameters + 1, self.n_parameters + 1))
            map_triangles(by_values, matrix, triangles)
        self.seconds += time.perf_counter() - begin
        return triangles, sums

    def cost(self, theta: FloatArray) -> FloatArray:
        """Sums (n_chunks, 2): cost and the number of residuals that are not finite."""
        begin = time.perf_counter()
        sums = np.zeros((self.n_chunks, 2))
        self._loss.sum(self._residual(self.parameters.values(theta)), self.first_residual, sums)
        self.seconds += time.perf_counter() - begin
        return sums

    def gradient(self, theta: FloatArray, chunks: IntArray | None = None) -> FloatArray:
        """J^T r, cost and number of non-finite residuals of every chunk, shape (n_chunks, p + 2)."""
        begin = time.perf_counter()
        wanted = range(self.n_chunks) if chunks is None else chunks.tolist()
        triangles, sums = self._triangles(self.parameters.values(theta), wanted)
        rows = np.zeros((self.n_chunks, self.model.n_columns))
        gradients(triangles, rows)
        found = np.concatenate([mapped_rows(rows, self.parameters, theta), sums], axis=1)
        self.seconds += time.perf_counter() - begin
        return found

    def curvature(self, theta: FloatArray, velocity: FloatArray, h: float) -> FloatArray:
        """J^T r_vv of every chunk, rows of both scaled alike, shape (n_chunks, p)."""
        begin = time.perf_counter()
        here, there = self.parameters.values(theta), self.parameters.values(theta + h * velocity)
        matrix = self.parameters.jacobian(theta)
        tangent = velocity if matrix is None else (matrix * velocity).sum(axis=1)
        result = np.empty((self.n_chunks, self.model.n_columns))
        moved = self._residual(there)
        for c in range(self.n_chunks):
            block, ends = self._block(here, c), self.first_residual[c : c + 2]
            width = len(block)
            kept, triangle = np.empty(block.size), np.empty((1, width, width))
            roots = self._loss.fold(block, ends, kept, triangle, np.empty((1, 2)))
            own = roots * moved[ends[0] : ends[1]]
            result[c] = project_second_derivative(kept, ends - ends[0], own, tangent, h)[0]
        if matrix is not None:
            by_values, result = result, np.empty((self.n_chunks, self.n_parameters))
            map_rows(by_values, matrix, result)
        self.seconds += time.perf_counter() - begin
        return result

    def residual(self, theta: FloatArray) -> FloatArray:
        """The residuals that take part (m,), as they are without a loss."""
        return self._residual(self.parameters.values(theta))

    def scores(self, theta: FloatArray) -> FloatArray:
        """Sums of psi^2 and of psi' of each chunk, shape (n_chunks, 2); see `RowLoss.scores`."""
        return self._loss.scores(self.residual(theta), self.first_residual)

    def _triangles(self, values: FloatArray, chunks: Iterable[int]) -> tuple[FloatArray, FloatArray]:
        """Triangles by the columns of the model, and sums; zero for other chunks."""
        width = self.model.n_columns + 1
        triangles, sums = np.zeros((self.n_chunks, width, width)), np.zeros((self.n_chunks, 2))
        for c in chunks:
            block, ends = self._block(values, c), self.first_residual[c : c + 2]
            begin = time.perf_counter()
            self._loss.fold(block, ends, np.empty(0), triangles[c : c + 1], sums[c : c + 1])
            self.folding_seconds += time.perf_counter() - begin
        return triangles, sums

    def _block(self, values: FloatArray, chunk: int) -> FloatArray:
        """[J | r] of a chunk without a loss, column by column, shape (columns + 1, k)."""
        part = self.data.part(int(self.bounds[chunk]), int(self.bounds[chunk + 1]))
        return self._weighed(self.model.predict_jacobian(part, values), chunk)

    def _residual(self, values: FloatArray) -> FloatArray:
        parts = [np.zeros(0)]
        for c in range(self.n_chunks):
            part = self.data.part(int(self.bounds[c]), int(self.bounds[c + 1]))
            parts.append(self._weighed(self.model.predict(part, values)[np.newaxis], c)[0])
        return np.concatenate(parts)

    def _weighed(self, columns: FloatArray, chunk: int) -> FloatArray:
        """From columns (any, outputs, rows), of which the last one is the prediction; shape (any, k)."""
        own = slice(int(self.first_residual[chunk]), int(self.first_residual[chunk + 1]))
        output, row = self.outputs[own], self.rows[own]
        found = np.ascontiguousarray(columns[:, output, row - self.bounds[chunk]])
        found[-1] -= self.data.reference[output, row]
        found *= self.data.weight[output, row]
        return found
