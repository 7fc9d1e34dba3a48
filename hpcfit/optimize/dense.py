"""An objective from two plain functions, for small problems, tests and users' own scripts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hpcfit.linalg import RFactor
from hpcfit.optimize.objective import Cost, Gradient, Linearization

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class DenseObjective:
    """The `Objective` of residual(theta) -> (m,) and jacobian(theta) -> (m, p), held in memory.

    Functions may return NaN or infinity where a residual does not exist; NumPy's warnings about
    that are theirs to silence.

    Args:
        n_chunks: parts of the rows, as equal as they can be, for optimizers that look at some at a time.
    """

    def __init__(
        self,
        residual: Callable[[FloatArray], FloatArray],
        jacobian: Callable[[FloatArray], FloatArray],
        n_parameters: int,
        n_chunks: int = 1,
    ) -> None:
        self.n_chunks = n_chunks
        self._residual = residual
        self._jacobian = jacobian
        self._n_parameters = n_parameters
        self._theta: FloatArray | None = None
        self._rows: tuple[FloatArray, FloatArray] | None = None

    @property
    def n_parameters(self) -> int:
        return self._n_parameters

    def linearize(self, theta: FloatArray) -> Linearization:
        residual, jacobian = self._rows_at(theta)
        cost = _cost(residual)
        return Linearization(RFactor.from_rows(residual, jacobian), cost.value, cost.nonfinite)

    def cost(self, theta: FloatArray) -> Cost:
        return _cost(self._residual(theta))

    def gradient(self, theta: FloatArray, chunks: IntArray | None = None) -> Gradient:
        """J^T r (p,) and |r|^2, of all rows or of those of some chunks."""
        residual, jacobian = self._rows_at(theta)
        if chunks is not None:
            parts = np.array_split(np.arange(len(residual)), self.n_chunks)
            rows = np.concatenate([np.empty(0, np.int64), *(parts[c] for c in chunks.tolist())])
            residual, jacobian = residual[rows], jacobian[rows]
        cost = _cost(residual)
        return Gradient(jacobian.T @ residual, cost.value, cost.nonfinite)

    def curvature(self, theta: FloatArray, velocity: FloatArray, h: float) -> FloatArray:
        """J^T r_vv with r_vv = (2/h)[(r(theta + h v) - r)/h - J v] (arXiv:1201.5885, eq. 28)."""
        residual, jacobian = self._rows_at(theta)
        moved = self._residual(theta + h * velocity)
        if not np.isfinite(moved).all():
            return np.full(len(theta), np.nan)
        second = (2.0 / h) * ((moved - residual) / h - jacobian @ velocity)
        return jacobian.T @ second

    def _rows_at(self, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
        if self._rows is None or self._theta is None or not np.array_equal(self._theta, theta):
            self._rows = (self._residual(theta), self._jacobian(theta))
            self._theta = theta.copy()
        return self._rows


def _cost(residual: FloatArray) -> Cost:
    nonfinite = int(np.count_nonzero(~np.isfinite(residual)))
    with np.errstate(over="ignore", invalid="ignore"):
        return Cost(float(residual @ residual), nonfinite)
