"""The group of residuals that are factors of (prediction - reference): all in compiled code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hpcfit.kernels import AnyModel, ResidualRows
from hpcfit.problem.chunk_gradient import runs
from hpcfit.problem.chunk_group import Block, ChunkGroup, gradients_of
from hpcfit.problem.folding_time import time_to_fold
from hpcfit.problem.geometry_keeper import GeometryKeeper
from hpcfit.problem.row_names import place_rows
from hpcfit.problem.second_derivative import project_second_derivative

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class CompiledGroup(ChunkGroup):
    """Residuals weight * (prediction - reference), formed inside the compiled kernels.

    Args:
        rows: the rows that take part, by chunk.
        keep_jacobian: hold [J | r] of the last linearization, so that the curvature costs one
            evaluation of the residual; otherwise it is computed again.
    """

    def __init__(
        self, keeper: GeometryKeeper, bounds: NDArray[np.int64], rows: ResidualRows, keep_jacobian: bool
    ) -> None:
        super().__init__(keeper, bounds)
        self.rows = rows
        self._keep = keep_jacobian
        self._jacobian: FloatArray | None = None
        self._jacobian_at: bytes | None = None
        self._fold_time: float | None = None

    @property
    def n_residuals(self) -> int:
        return len(self.rows.source)

    def release(self) -> None:
        self.keeper.release()
        self._jacobian, self._jacobian_at = None, None

    def linearize(self, model: AnyModel, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        triangles, sums, block = self._linearized(model, values, self._keep)
        self.folding_seconds += self._seconds_to_fold(model.n_columns)
        if self._keep:
            self._jacobian, self._jacobian_at = block, values.tobytes()
        return triangles, sums

    def cost(self, model: AnyModel, values: FloatArray) -> FloatArray:
        return self._residual(model, values)[1]

    def gradient(
        self, model: AnyModel, values: FloatArray, chunks: IntArray
    ) -> tuple[FloatArray, FloatArray]:
        """J^T r (n, c) and sums (n, 2) of some chunks, of which no others are evaluated."""
        geometry = self.keeper.at(model.cutoff(values))
        rows, sums = [np.zeros((0, model.n_columns))], [np.zeros((0, 2))]
        for first, last in runs(chunks):
            own = replace(self.rows, first_residual=self.rows.first_residual[first : last + 1])
            found = model.linearize(geometry, self.bounds[first : last + 1], own, values)
            rows.append(gradients_of(found[0]))
            sums.append(np.stack([found[1], found[2].astype(np.float64)], axis=1))
        return np.concatenate(rows), np.concatenate(sums)

    def blocks(self, model: AnyModel, values: FloatArray) -> Iterator[Block]:
        geometry = self.keeper.at(model.cutoff(values))
        offsets = model.prediction_offsets(geometry)
        for c in range(self.n_chunks):
            own = slice(int(self.rows.first_residual[c]), int(self.rows.first_residual[c + 1]))
            k = own.stop - own.start
            rows = ResidualRows(
                np.array([0, k]), self.rows.source[own], self.rows.weight[own], self.rows.reference[own]
            )
            kept = np.empty(k * (model.n_columns + 1))
            model.linearize(geometry, self.bounds[c : c + 2], rows, values, keep=kept)
            block = kept.reshape(model.n_columns + 1, k)
            yield block, block[-1], *place_rows(rows.source, offsets)

    def curvature(
        self, model: AnyModel, here: FloatArray, there: FloatArray, velocity: FloatArray, h: float
    ) -> FloatArray:
        block = self._jacobian
        if block is None or self._jacobian_at != here.tobytes():
            block = self._linearized(model, here, True)[2]
            if self._keep:
                self._jacobian, self._jacobian_at = block, here.tobytes()
        assert block is not None
        moved = self._residual(model, there)[0]
        return project_second_derivative(block, self.rows.first_residual, moved, velocity, h)

    def _seconds_to_fold(self, n_columns: int) -> float:
        """Time of all QR factorizations of one linearization, measured once: inside the fused kernel
        there is no clock, and it depends on the shapes only."""
        if self._fold_time is None:
            self._fold_time = time_to_fold(np.diff(self.rows.first_residual), n_columns)
        return self._fold_time

    def _linearized(
        self, model: AnyModel, values: FloatArray, want_block: bool
    ) -> tuple[FloatArray, FloatArray, FloatArray | None]:
        geometry = self.keeper.at(model.cutoff(values))
        block = None
        if want_block:
            size = len(self.rows.source) * (model.n_columns + 1)
            block = self._jacobian if self._jacobian is not None else np.empty(size)
        triangles, cost, nonfinite = model.linearize(geometry, self.bounds, self.rows, values, keep=block)
        return triangles, np.stack([cost, nonfinite.astype(np.float64)], axis=1), block

    def _residual(self, model: AnyModel, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        geometry = self.keeper.at(model.cutoff(values))
        residual = np.empty(len(self.rows.source))
        cost, nonfinite = model.residual(geometry, self.bounds, self.rows, values, residual)
        return residual, np.stack([cost, nonfinite.astype(np.float64)], axis=1)
