"""Groups whose residuals are formed from predictions, chunk by chunk, outside the compiled kernels."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hpcfit.geometry import Geometry
from hpcfit.kernels import SiteModel
from hpcfit.problem.chunk_group import ChunkGroup
from hpcfit.problem.geometry_keeper import GeometryKeeper
from hpcfit.problem.second_derivative import project_second_derivative

FloatArray = NDArray[np.float64]


class BlockGroup(ChunkGroup):
    """Predictions and their derivatives of one chunk after the other, turned into residuals by a subclass.

    Args:
        lengths: residuals of each chunk, shape (nc,).
        keep_jacobian: hold [J | r] of the last linearization, so that the curvature costs one evaluation
            of the residual; otherwise it is computed again.
    """

    def __init__(
        self, keeper: GeometryKeeper, bounds: NDArray[np.int64], lengths: list[int], keep_jacobian: bool
    ) -> None:
        super().__init__(keeper, bounds)
        self._first_residual = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        self._keep = keep_jacobian
        self._blocks: FloatArray | None = None
        self._blocks_at: bytes | None = None

    @abstractmethod
    def _begin(self, model: SiteModel, values: FloatArray, derivatives: bool) -> None:
        """Called before the chunks of one evaluation."""

    @abstractmethod
    def _value(self, chunk: int, prediction: FloatArray) -> FloatArray:
        """The residual (k,) of a chunk at its predictions (rows,)."""

    @abstractmethod
    def _linearized(self, chunk: int, columns: FloatArray) -> FloatArray:
        """Derivatives of a chunk's residual and, last, the residual, (p + 1, k), from those of its
        predictions (p + 1, rows), which may be changed."""

    @property
    def n_residuals(self) -> int:
        return int(self._first_residual[-1])

    def release(self) -> None:
        self.keeper.release()
        self._blocks, self._blocks_at = None, None

    def linearize(self, model: SiteModel, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        from hpcfit.linalg.householder import triangularize

        width = model.n_columns + 1
        triangles = np.zeros((self.n_chunks, width, width))
        sums = np.zeros((self.n_chunks, 2))
        if self._keep:
            self._blocks_at = None
            kept = np.empty(self.n_residuals * width) if self._blocks is None else self._blocks
        for c, block in enumerate(self._each_block(model, values)):
            if self._keep:
                start = int(self._first_residual[c]) * width
                kept[start : start + block.size] = block.reshape(-1)
            sums[c] = sums_of(block[-1])
            begin = time.perf_counter()
            triangularize(block, triangles[c])
            self.folding_seconds += time.perf_counter() - begin
        if self._keep:
            self._blocks, self._blocks_at = kept, values.tobytes()
        return triangles, sums

    def cost(self, model: SiteModel, values: FloatArray) -> FloatArray:
        return np.array([sums_of(part) for part in self._each_value(model, values)]).reshape(-1, 2)

    def curvature(
        self, model: SiteModel, here: FloatArray, there: FloatArray, velocity: FloatArray, h: float
    ) -> FloatArray:
        if self._blocks is not None and self._blocks_at != here.tobytes():
            self.linearize(model, here)
        if self._blocks is not None:
            moved = np.concatenate([np.zeros(0), *self._each_value(model, there)])
            return project_second_derivative(self._blocks, self._first_residual, moved, velocity, h)
        result = np.empty((self.n_chunks, model.n_columns))
        values = list(self._each_value(model, there))
        for c, block in enumerate(self._each_block(model, here)):
            bounds = np.array([0, block.shape[1]])
            result[c] = project_second_derivative(block.reshape(-1), bounds, values[c], velocity, h)[0]
        return result

    def _each_value(self, model: SiteModel, values: FloatArray) -> Iterator[FloatArray]:
        """The residual of one chunk after the other."""
        geometry = self.keeper.at(model.cutoff(values))
        prediction = model.predict(geometry, values)
        rows = model.prediction_offsets(geometry)[self.bounds]
        self._begin(model, values, derivatives=False)
        for c in range(self.n_chunks):
            yield self._value(c, prediction[rows[c] : rows[c + 1]])

    def _each_block(self, model: SiteModel, values: FloatArray) -> Iterator[FloatArray]:
        """[J | r] of one chunk after the other, column by column, shape (p + 1, k), C order."""
        geometry = self.keeper.at(model.cutoff(values))
        self._begin(model, values, derivatives=True)
        for c in range(self.n_chunks):
            yield self._block_of(model, values, geometry, c)

    def _block_of(self, model: SiteModel, values: FloatArray, geometry: Geometry, chunk: int) -> FloatArray:
        table = model.predict_jacobian(geometry, int(self.bounds[chunk]), int(self.bounds[chunk + 1]), values)
        return np.ascontiguousarray(self._linearized(chunk, table.T))


def sums_of(residual: FloatArray) -> tuple[float, float]:
    """Cost |r|^2, and number of residuals that are not finite."""
    return float(residual @ residual), float(np.count_nonzero(~np.isfinite(residual)))
