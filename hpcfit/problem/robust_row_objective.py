"""The objective over the chunks of a table that one rank holds, where losses are not those of least squares.

The model gives [J | r] of some chunks, few enough to stay in the cache; what the loss makes of them, and the
folding, is compiled. Of models other than formulas the bits may depend on which rows they see together, so
that they see one chunk.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hpcfit.kernels.rows.row_model import RowModel
from hpcfit.problem.chunk_gradient import gradients
from hpcfit.problem.loss import RowLoss, TargetLoss
from hpcfit.problem.row_objective import RowObjective

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: numbers of [J | r] that are computed together, if they are of several chunks
_NUMBERS = 2**17
_NOTHING = np.empty(0)


@dataclass(frozen=True, eq=False)
class _Blocks:
    """[J | r] of the chunks [first, last), each by the columns of its own; see `RowLayout`."""

    first: int
    last: int
    numbers: FloatArray
    starts: IntArray
    first_column: IntArray
    columns_of: IntArray


@dataclass
class RobustRowObjective(RowObjective):
    """Losses of residuals weight*(f(x) - y) of rows.

    Attributes:
        losses: of each output; `use` sets them anew.
    """

    losses: Sequence[TargetLoss] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        self._stretch = _NOTHING
        self.use(self.losses)

    def use(self, losses: Sequence[TargetLoss]) -> None:
        """Take other losses from here on."""
        self.losses = losses
        self._kind = np.array([each.number for each in losses], dtype=np.int64)
        self._scale = np.array([each.scale for each in losses], dtype=np.float64)

    def stretch(self, factors: FloatArray) -> None:
        """Multiply the scale of each row's losses by its factor, shape (rows,); not where that is 0."""
        self._stretch = np.where(factors == 0.0, 1.0, factors)

    def places(self) -> tuple[IntArray, IntArray]:
        """Row and number of the output of each residual that takes part, (m,): by chunk, output and row."""
        found = [self._places(c) for c in range(self.n_chunks)]
        nothing = np.empty(0, np.int64)
        return (
            np.concatenate([nothing, *(row for row, _ in found)]),
            np.concatenate([nothing, *(output for _, output in found)]),
        )

    def residual(self, theta: FloatArray) -> FloatArray:
        """These residuals (m,), as they are without a loss."""
        values, parts = self.parameters.values(theta), [_NOTHING]
        for first, last in self._batches(0, self.n_chunks):
            found = self.model.residual(self.data, self.layout.part(first, last), values)
            begin, end = self.bounds[first], self.bounds[last]
            weight = self.data.weight[:, begin:end]
            if not weight.all():
                ends = (self.bounds[first + 1 : last] - begin).tolist()
                chunks = np.split(weight, ends, axis=1)
                found = found[np.concatenate([each.ravel() for each in chunks]) != 0.0]
            parts.append(found)
        return np.concatenate(parts)

    def scores(self, theta: FloatArray) -> FloatArray:
        """Sums of psi^2 and of psi' of each chunk, shape (n_chunks, 2); see `RowLoss.scores`."""
        row, output = self.places()
        loss = RowLoss.of(output, self.losses)
        if self._stretch.size:
            loss = loss.stretched(self._stretch[row])
        chunk = np.searchsorted(self.bounds, row, side="right") - 1
        ends = np.searchsorted(chunk, np.arange(self.n_chunks + 1)).astype(np.int64)
        return loss.scores(self.residual(theta), ends)

    def blocks(self, theta: FloatArray) -> Iterator[tuple[FloatArray, FloatArray, IntArray, IntArray]]:
        """The scaled [J | r] of each chunk; see `RowObjective.blocks`."""
        values = self.parameters.values(theta)
        for c in range(self.n_chunks):
            found = self._whole(values, c)
            block = found.numbers.reshape(self.model.n_columns + 1, -1)
            plain = block[-1].copy()
            self._scaled(found)
            row, output = self._places(c)
            taking = output * (self.bounds[c + 1] - self.bounds[c]) + row - self.bounds[c]
            yield np.ascontiguousarray(block[:, taking]), plain[taking], row, output

    def _linearized(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        return self._triangles(values, 0, self.n_chunks)

    def _costs(self, values: FloatArray) -> FloatArray:
        from hpcfit.problem.loss.row_blocks import sum_blocks

        sums = np.empty((self.n_chunks, 2))
        for first, last in self._batches(0, self.n_chunks):
            found = self.model.residual(self.data, self.layout.part(first, last), values)
            bounds = self.bounds[first : last + 1]
            stretch = self._stretch[bounds[0] : bounds[-1]]
            sum_blocks(found, bounds, self._kind, self._scale, stretch, sums[first:last])
        return sums

    def _gradients(self, values: FloatArray, first: int, last: int) -> tuple[FloatArray, FloatArray]:
        triangles, sums = self._triangles(values, first, last)
        rows = np.zeros((last - first, self.model.n_columns))
        gradients(triangles, rows)
        return rows, sums

    def _curved(self, here: FloatArray, there: FloatArray, tangent: FloatArray, h: float) -> FloatArray:
        """J^T r_vv of every chunk, rows of both scaled alike: as the model gives it for other weights."""
        from hpcfit.problem.loss.row_blocks import scale_weights

        weight = self.data.weight.copy()
        for first, last in self._batches(0, self.n_chunks):
            found = self.model.residual(self.data, self.layout.part(first, last), here)
            bounds = self.bounds[first : last + 1]
            rows = slice(bounds[0], bounds[-1])
            scale_weights(found, bounds, self._kind, self._scale, self._stretch[rows], weight[:, rows])
        return self.model.curvature(replace(self.data, weight=weight), self.layout, here, there, tangent, h)

    def _triangles(self, values: FloatArray, first: int, last: int) -> tuple[FloatArray, FloatArray]:
        """Triangles of chunks by the columns of the model, and their sums."""
        from hpcfit.linalg.wide import WideFolding
        from hpcfit.problem.loss.row_blocks import fold_blocks

        width = self.model.n_columns + 1
        triangles, sums = np.empty((last - first, width, width)), np.empty((last - first, 2))
        folding = None if isinstance(self.model, RowModel) else WideFolding(width)
        for each in self._blocks(values, first, last):
            own = slice(each.first - first, each.last - first)
            sums[own] = self._scaled(each)
            begin = time.perf_counter()
            if folding is None:
                fold_blocks(each.numbers, each.starts, each.first_column, each.columns_of, triangles[own])
            else:
                folding.fold(each.numbers.reshape(width, -1), triangles[own.start])
            self.folding_seconds += time.perf_counter() - begin
        return triangles, sums

    def _scaled(self, blocks: _Blocks) -> FloatArray:
        """Scale blocks in place; sums of their chunks. See `scale_blocks`."""
        from hpcfit.problem.loss.row_blocks import scale_blocks

        sums = np.empty((blocks.last - blocks.first, 2))
        stretch = self._stretch[self.bounds[blocks.first] : self.bounds[blocks.last]]
        scale_blocks(
            blocks.numbers, blocks.starts, blocks.first_column, self._kind, self._scale, stretch, sums
        )
        return sums

    def _blocks(self, values: FloatArray, begin: int, end: int) -> Iterator[_Blocks]:
        """Of the chunks [begin, end), as many at a time as are computed together."""
        for first, last in self._batches(begin, end):
            if isinstance(self.model, RowModel):
                part = self.layout.part(first, last)
                numbers = self.model.blocks(self.data, part, values)
                starts = part.block_starts(self.model.n_outputs)
                yield _Blocks(first, last, numbers, starts, part.first_column, part.columns_of)
            else:
                yield self._whole(values, first)

    def _batches(self, begin: int, end: int) -> Iterator[tuple[int, int]]:
        if not isinstance(self.model, RowModel):
            return ((c, c + 1) for c in range(begin, end))
        found = self.layout.part(begin, end).batches(self.model.n_outputs, _NUMBERS)
        return ((begin + first, begin + last) for first, last in found)

    def _whole(self, values: FloatArray, chunk: int) -> _Blocks:
        """One chunk by all columns of the model."""
        first, last = int(self.bounds[chunk]), int(self.bounds[chunk + 1])
        columns = self.model.predict_jacobian(self.data.part(first, last), values)
        weight = self.data.weight[:, first:last]
        columns[-1] -= self.data.reference[:, first:last]
        columns *= weight
        columns[:, weight == 0.0] = 0.0
        width = len(columns) - 1
        return _Blocks(
            chunk,
            chunk + 1,
            columns.reshape(-1),
            np.array([0, columns.size]),
            np.array([0, width]),
            np.arange(width),
        )

    def _places(self, chunk: int) -> tuple[IntArray, IntArray]:
        first, last = int(self.bounds[chunk]), int(self.bounds[chunk + 1])
        output, row = np.nonzero(self.data.weight[:, first:last])
        return row + first, output
