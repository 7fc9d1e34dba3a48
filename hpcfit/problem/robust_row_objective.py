"""The objective over the chunks of a table that one rank holds, where losses are not those of least squares.

Predictions and their derivatives come from the model; what the loss makes of them is compiled.
Compiled models compute each row alone and see several chunks at a time; of others the bits may depend on
which rows they see together, so that they see one chunk.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hpcfit.kernels.rows.model import AnyRowModel
from hpcfit.kernels.rows.row_data import RowData
from hpcfit.kernels.rows.row_model import RowModel
from hpcfit.problem.chunk_gradient import gradients, runs
from hpcfit.problem.loss import RowLoss, TargetLoss
from hpcfit.problem.mapped import map_rows, map_triangles
from hpcfit.problem.mapped_rows import mapped_rows
from hpcfit.problem.parameters import ParameterSet
from hpcfit.problem.second_derivative import project_second_derivative

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: numbers of [J | r] that are computed together, if they are of several chunks
_NUMBERS = 2**18


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

    def stretch(self, factors: FloatArray) -> None:
        """Multiply the scale of each row's losses by its factor, shape (rows,)."""
        self._loss = self._loss.stretched(factors[self.rows])

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
        for first, last in self._batches(range(self.n_chunks)):
            block, ends = self._block(here, first, last), self.first_residual[first : last + 1]
            kept, triangles = np.empty(block.size), np.empty((last - first, len(block), len(block)))
            roots = self._loss.fold(block, ends, kept, triangles, np.empty((last - first, 2)))
            own = roots * moved[ends[0] : ends[-1]]
            result[first:last] = project_second_derivative(kept, ends - ends[0], own, tangent, h)
        if matrix is not None:
            by_values, result = result, np.empty((self.n_chunks, self.n_parameters))
            map_rows(by_values, matrix, result)
        self.seconds += time.perf_counter() - begin
        return result

    def residual(self, theta: FloatArray) -> FloatArray:
        """The residuals that take part (m,), as they are without a loss."""
        return self._residual(self.parameters.values(theta))

    def blocks(self, theta: FloatArray) -> Iterator[tuple[FloatArray, FloatArray, IntArray, IntArray]]:
        """The scaled [J | r] of each chunk; see `RowObjective.blocks`."""
        values = self.parameters.values(theta)
        for c in range(self.n_chunks):
            block = self._block(values, c, c + 1)
            own = slice(int(self.first_residual[c]), int(self.first_residual[c + 1]))
            yield self._loss.scaled(block, own.start), block[-1], self.rows[own], self.outputs[own]

    def scores(self, theta: FloatArray) -> FloatArray:
        """Sums of psi^2 and of psi' of each chunk, shape (n_chunks, 2); see `RowLoss.scores`."""
        return self._loss.scores(self.residual(theta), self.first_residual)

    def _triangles(self, values: FloatArray, chunks: Sequence[int]) -> tuple[FloatArray, FloatArray]:
        """Triangles by the columns of the model, and sums; zero for other chunks."""
        width = self.model.n_columns + 1
        triangles, sums = np.zeros((self.n_chunks, width, width)), np.zeros((self.n_chunks, 2))
        for first, last in self._batches(chunks):
            block, ends = self._block(values, first, last), self.first_residual[first : last + 1]
            begin = time.perf_counter()
            self._loss.fold(block, ends, np.empty(0), triangles[first:last], sums[first:last])
            self.folding_seconds += time.perf_counter() - begin
        return triangles, sums

    def _batches(self, chunks: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Runs [first, last) of chunks, given by increasing numbers, that are computed together."""
        most = _NUMBERS // ((self.model.n_columns + 1) * self.model.n_outputs)
        at_once = isinstance(self.model, RowModel)
        for begin, end in runs(np.asarray(chunks, dtype=np.int64)):
            first = begin
            for c in range(begin + 1, end):
                if not at_once or self.bounds[c + 1] - self.bounds[first] > most:
                    yield first, c
                    first = c
            yield first, end

    def _block(self, values: FloatArray, first: int, last: int) -> FloatArray:
        """[J | r] of chunks without a loss, column by column, shape (columns + 1, k)."""
        return self._weighed(self.model.predict_jacobian(self._part(first, last), values), first, last)

    def _residual(self, values: FloatArray) -> FloatArray:
        parts = [np.zeros(0)]
        for first, last in self._batches(range(self.n_chunks)):
            found = self.model.predict(self._part(first, last), values)
            parts.append(self._weighed(found[np.newaxis], first, last)[0])
        return np.concatenate(parts)

    def _part(self, first: int, last: int) -> RowData:
        return self.data.part(int(self.bounds[first]), int(self.bounds[last]))

    def _weighed(self, columns: FloatArray, first: int, last: int) -> FloatArray:
        """From columns (any, outputs, rows), of which the last one is the prediction; shape (any, k)."""
        own = slice(int(self.first_residual[first]), int(self.first_residual[last]))
        output, row = self.outputs[own], self.rows[own]
        if self.data.weight.shape[0] == 1 and self.n_residuals == len(self.data):
            found = columns[:, 0]
        else:
            found = np.ascontiguousarray(columns[:, output, row - self.bounds[first]])
        found[-1] -= self.data.reference[output, row]
        found *= self.data.weight[output, row]
        return found
