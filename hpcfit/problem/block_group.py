"""Groups whose residuals are formed from predictions outside the compiled kernels.

Chunks are small, and what Python needs for each call is not: predictions become residuals a batch of
chunks at a time. Each residual depends on its own configuration only, so batches decide no bits.
"""

from __future__ import annotations

import itertools
import time
from abc import abstractmethod
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hpcfit.kernels import AnyModel
from hpcfit.problem.chunk_group import Block, ChunkGroup
from hpcfit.problem.geometry_keeper import GeometryKeeper
from hpcfit.problem.loss import RowLoss
from hpcfit.problem.second_derivative import project_second_derivative

FloatArray = NDArray[np.float64]

#: prediction rows of a batch (at least one chunk): few enough to stay in the second-level cache
BATCH_ROWS = 8192


def batches_of(bounds: NDArray[np.int64], first_row: NDArray[np.int64]) -> list[slice]:
    """Runs of chunks with at most BATCH_ROWS prediction rows, but at least one chunk.

    Args:
        bounds: first configuration of each chunk, and the end, shape (nc + 1,).
        first_row: first prediction row of each configuration, and the end, shape (n + 1,).
    """
    batches = []
    first = 0
    for c in range(1, len(bounds)):
        if c + 1 == len(bounds) or first_row[bounds[c + 1]] - first_row[bounds[first]] > BATCH_ROWS:
            batches.append(slice(first, c))
            first = c
    return batches


class BlockGroup(ChunkGroup):
    """Predictions and their derivatives, turned into residuals by a subclass.

    Args:
        batches: runs of chunks that are turned together.
        lengths: residuals of each chunk, shape (nc,).
        keep_jacobian: hold [J | r] of the last linearization, so that the curvature costs one evaluation
            of the residual; otherwise it is computed again.

    Attributes:
        loss: of each residual; None for least squares. With one, what is kept is scaled.
    """

    def __init__(
        self,
        keeper: GeometryKeeper,
        bounds: NDArray[np.int64],
        batches: list[slice],
        lengths: NDArray[np.int64],
        keep_jacobian: bool,
    ) -> None:
        super().__init__(keeper, bounds)
        self._batches = batches
        self._first_residual = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        self._keep = keep_jacobian
        self._kept: FloatArray | None = None
        self._kept_at: bytes | None = None
        self._roots = np.empty(0)
        self.loss: RowLoss | None = None

    @abstractmethod
    def origins(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The configuration of each residual, and the row of its prediction or -1, both (m,)."""

    @abstractmethod
    def _value(self, model: AnyModel, values: FloatArray, batch: int, prediction: FloatArray) -> FloatArray:
        """The residual (k,) of a batch at its predictions (rows,)."""

    @abstractmethod
    def _linearized(self, model: AnyModel, values: FloatArray, batch: int, columns: FloatArray) -> FloatArray:
        """Derivatives of a batch's residual and, last, the residual, (p + 1, k), from those of its
        predictions (p + 1, rows)."""

    @property
    def n_residuals(self) -> int:
        return int(self._first_residual[-1])

    def release(self) -> None:
        self.keeper.release()
        self._kept, self._kept_at = None, None

    def linearize(self, model: AnyModel, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        width = model.n_columns + 1
        triangles, sums = np.zeros((self.n_chunks, width, width)), np.zeros((self.n_chunks, 2))
        kept = self._room(width)
        for chunks, block in self._blocks(model, values):
            first_residual = self._first_residual[chunks.start : chunks.stop + 1]
            begin = time.perf_counter()
            part = kept[first_residual[0] * width : first_residual[-1] * width]
            self._fold(block, first_residual, part, triangles[chunks], sums[chunks])
            self.folding_seconds += time.perf_counter() - begin
        if self._keep:
            self._kept, self._kept_at = kept, values.tobytes()
        return triangles, sums

    def cost(self, model: AnyModel, values: FloatArray) -> FloatArray:
        from hpcfit.problem.fold import sum_chunks

        sums = np.zeros((self.n_chunks, 2))
        residual = self.residual(model, values)
        if self.loss is None:
            sum_chunks(residual, self._first_residual, sums)
        else:
            self.loss.sum(residual, self._first_residual, sums)
        return sums

    def curvature(
        self, model: AnyModel, here: FloatArray, there: FloatArray, velocity: FloatArray, h: float
    ) -> FloatArray:
        if self._keep and self._kept_at != here.tobytes():
            self.linearize(model, here)
        moved = self.residual(model, there)
        if self._kept is not None:
            scaled = moved if self.loss is None else self._roots * moved
            return project_second_derivative(self._kept, self._first_residual, scaled, velocity, h)
        result = np.empty((self.n_chunks, model.n_columns))
        for chunks, block in self._blocks(model, here):
            first_residual = self._first_residual[chunks.start : chunks.stop + 1]
            kept = np.empty(block.size)
            unused = np.empty((chunks.stop - chunks.start, len(block), len(block)))
            self._fold(block, first_residual, kept, unused, np.empty((len(unused), 2)))
            own = slice(first_residual[0], first_residual[-1])
            part = moved[own] if self.loss is None else self._roots[own] * moved[own]
            result[chunks] = project_second_derivative(
                kept, first_residual - first_residual[0], part, velocity, h
            )
        return result

    def blocks(self, model: AnyModel, values: FloatArray) -> Iterator[Block]:
        configuration, row = self.origins()
        for chunks, block in self._blocks(model, values):
            ends = self._first_residual[chunks.start : chunks.stop + 1].tolist()
            for first, last in itertools.pairwise(ends):
                own = block[:, first - ends[0] : last - ends[0]]
                scaled = own if self.loss is None else self.loss.scaled(own, first)
                yield scaled, own[-1], configuration[first:last], row[first:last]

    def scores(self, model: AnyModel, values: FloatArray) -> FloatArray:
        """Sums of psi^2 and of psi' of each chunk, shape (nc, 2); see `RowLoss.scores`."""
        assert self.loss is not None
        return self.loss.scores(self.residual(model, values), self._first_residual)

    def _fold(
        self,
        block: FloatArray,
        first_residual: NDArray[np.int64],
        kept: FloatArray,
        triangles: FloatArray,
        sums: FloatArray,
    ) -> None:
        """Triangles, and cost and non-finite residuals, of the chunks of a block; see `fold_chunks`."""
        from hpcfit.problem.fold import fold_chunks, sum_chunks

        if self.loss is None:
            fold_chunks(block, first_residual, kept, triangles)
            sum_chunks(block[-1], first_residual, sums)
            return
        if len(self._roots) < self.n_residuals:
            self._roots = np.empty(self.n_residuals)
        roots = self.loss.fold(block, first_residual, kept, triangles, sums)
        self._roots[first_residual[0] : first_residual[-1]] = roots

    def _room(self, width: int) -> FloatArray:
        if not self._keep:
            return np.empty(0)
        self._kept_at = None
        return np.empty(self.n_residuals * width) if self._kept is None else self._kept

    def residual(self, model: AnyModel, values: FloatArray) -> FloatArray:
        """The residual of all chunks (m,)."""
        geometry = self.keeper.at(model.cutoff(values))
        prediction = model.predict(geometry, values)
        rows = model.prediction_offsets(geometry)[self.bounds]
        parts = [
            self._value(model, values, b, prediction[rows[batch.start] : rows[batch.stop]])
            for b, batch in enumerate(self._batches)
        ]
        return np.concatenate([np.zeros(0), *parts])

    def _blocks(self, model: AnyModel, values: FloatArray) -> Iterator[tuple[slice, FloatArray]]:
        """Chunks and their [J | r], column by column, shape (p + 1, k), one batch after the other."""
        geometry = self.keeper.at(model.cutoff(values))
        for b, batch in enumerate(self._batches):
            first, last = int(self.bounds[batch.start]), int(self.bounds[batch.stop])
            columns = model.predict_jacobian(geometry, first, last, values).T
            yield batch, np.ascontiguousarray(self._linearized(model, values, b, columns))
