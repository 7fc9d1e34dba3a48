"""Chunks that one rank evaluates together: the two ways of turning predictions into residuals."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hpcfit.kernels import ResidualRows, SiteModel
from hpcfit.linalg import RFactor
from hpcfit.problem.folding_time import time_to_fold
from hpcfit.problem.function_residual import FunctionResidual
from hpcfit.problem.geometry_keeper import GeometryKeeper
from hpcfit.problem.second_derivative import project_second_derivative

FloatArray = NDArray[np.float64]


class ChunkGroup(ABC):
    """Consecutive chunks with their geometry; every result has one row per chunk.

    Args:
        keeper: geometry of the group's configurations.
        bounds: first configuration of each chunk within the group, and the end, shape (nc + 1,).
    """

    def __init__(self, keeper: GeometryKeeper, bounds: NDArray[np.int64]) -> None:
        self.keeper = keeper
        self.bounds = bounds
        #: seconds spent in QR factorizations
        self.folding_seconds = 0.0

    @property
    def n_chunks(self) -> int:
        return len(self.bounds) - 1

    @property
    @abstractmethod
    def n_residuals(self) -> int:
        """Residuals of all chunks."""

    @abstractmethod
    def release(self) -> None:
        """Let go of what is kept between evaluations; the next one makes it anew."""

    @abstractmethod
    def linearize(self, model: SiteModel, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Triangles (nc, p + 1, p + 1) and sums (nc, 2): cost and number of non-finite residuals."""

    @abstractmethod
    def cost(self, model: SiteModel, values: FloatArray) -> FloatArray:
        """Sums (nc, 2): cost and number of non-finite residuals."""

    @abstractmethod
    def curvature(
        self, model: SiteModel, here: FloatArray, there: FloatArray, velocity: FloatArray, h: float
    ) -> FloatArray:
        """J^T r_vv (nc, p) from the values at theta and at theta + h velocity."""


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

    def linearize(self, model: SiteModel, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        triangles, sums, block = self._linearized(model, values, self._keep)
        self.folding_seconds += self._seconds_to_fold(model.n_columns)
        if self._keep:
            self._jacobian, self._jacobian_at = block, values.tobytes()
        return triangles, sums

    def cost(self, model: SiteModel, values: FloatArray) -> FloatArray:
        return self._residual(model, values)[1]

    def curvature(
        self, model: SiteModel, here: FloatArray, there: FloatArray, velocity: FloatArray, h: float
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
        self, model: SiteModel, values: FloatArray, want_block: bool
    ) -> tuple[FloatArray, FloatArray, FloatArray | None]:
        geometry = self.keeper.at(model.cutoff(values))
        block = None
        if want_block:
            size = len(self.rows.source) * (model.n_columns + 1)
            block = self._jacobian if self._jacobian is not None else np.empty(size)
        triangles, cost, nonfinite = model.linearize(geometry, self.bounds, self.rows, values, keep=block)
        return triangles, np.stack([cost, nonfinite.astype(np.float64)], axis=1), block

    def _residual(self, model: SiteModel, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        geometry = self.keeper.at(model.cutoff(values))
        residual = np.empty(len(self.rows.source))
        cost, nonfinite = model.residual(geometry, self.bounds, self.rows, values, residual)
        return residual, np.stack([cost, nonfinite.astype(np.float64)], axis=1)


class FunctionGroup(ChunkGroup):
    """Residuals formed by a user's Python function, configuration by configuration.

    Args:
        functions: the residual of each configuration of the group.
        present: for each configuration, which of its prediction rows the function sees.
        stress: the model's predictions end with six stress rows.
    """

    def __init__(
        self,
        keeper: GeometryKeeper,
        bounds: NDArray[np.int64],
        functions: tuple[FunctionResidual, ...],
        present: tuple[NDArray[np.int64], ...],
    ) -> None:
        super().__init__(keeper, bounds)
        self._functions = functions
        self._present = present

    @property
    def n_residuals(self) -> int:
        return sum(function.length for function in self._functions)

    def release(self) -> None:
        self.keeper.release()

    def linearize(self, model: SiteModel, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        width = model.n_columns + 1
        triangles = np.zeros((self.n_chunks, width, width))
        sums = np.zeros((self.n_chunks, 2))
        for c, (residual, jacobian) in enumerate(self._blocks(model, values)):
            sums[c] = _sums(residual)
            begin = time.perf_counter()
            triangles[c] = RFactor.from_rows(residual, jacobian).triangle
            self.folding_seconds += time.perf_counter() - begin
        return triangles, sums

    def cost(self, model: SiteModel, values: FloatArray) -> FloatArray:
        return np.array([_sums(residual) for residual in self._residuals(model, values)]).reshape(-1, 2)

    def curvature(
        self, model: SiteModel, here: FloatArray, there: FloatArray, velocity: FloatArray, h: float
    ) -> FloatArray:
        result = np.empty((self.n_chunks, model.n_columns))
        moved = self._residuals(model, there)
        for c, (residual, jacobian) in enumerate(self._blocks(model, here)):
            second = (2.0 / h) * ((moved[c] - residual) / h - jacobian @ velocity)
            result[c] = jacobian.T @ second
        return result

    def _residuals(self, model: SiteModel, values: FloatArray) -> list[FloatArray]:
        geometry = self.keeper.at(model.cutoff(values))
        prediction = model.predict(geometry, values)
        offsets = model.prediction_offsets(geometry)
        found = []
        for c in range(self.n_chunks):
            parts = [
                self._functions[i].value(prediction[offsets[i] + self._present[i]])
                for i in range(self.bounds[c], self.bounds[c + 1])
            ]
            found.append(np.concatenate(parts))
        return found

    def _blocks(self, model: SiteModel, values: FloatArray) -> Iterator[tuple[FloatArray, FloatArray]]:
        """Residual and Jacobian of one chunk after the other."""
        geometry = self.keeper.at(model.cutoff(values))
        offsets = model.prediction_offsets(geometry)
        for c in range(self.n_chunks):
            first, last = int(self.bounds[c]), int(self.bounds[c + 1])
            table = model.predict_jacobian(geometry, first, last, values)
            parts = []
            for i in range(first, last):
                part = table[offsets[i] - offsets[first] + self._present[i]]
                parts.append(self._functions[i].value_and_jacobian(part[:, -1], part[:, :-1]))
            yield np.concatenate([r for r, _ in parts]), np.concatenate([j for _, j in parts])


def _sums(residual: FloatArray) -> tuple[float, float]:
    return float(residual @ residual), float(np.count_nonzero(~np.isfinite(residual)))
