"""Priors: one more residual for each parameter of which something is known before the fit.

The residual of a Gaussian prior is (value - mean)/sigma, of the value itself where the optimizer moves a
transform of it. It counts as a residual of the data does: in the cost, the degrees of freedom and the
covariance. It depends on no data, so it is added where all residuals of the data have met.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.linalg import RFactor
from hpcfit.optimize.objective import (
    Cost,
    Gradient,
    Linearization,
    Objective,
    chunks_of,
    gradient_at,
)
from hpcfit.problem.parameters import ParameterSet

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class PriorObjective:
    """An objective with the residuals of priors after those of the data.

    Args:
        data: the objective of the data, of the same theta (p,).
    """

    def __init__(self, data: Objective, parameters: ParameterSet) -> None:
        self._data = data
        self._parameters = parameters

    @property
    def n_parameters(self) -> int:
        return self._data.n_parameters

    def linearize(self, theta: FloatArray) -> Linearization:
        """The triangle of [J | r] with the rows of the priors folded in."""
        found = self._data.linearize(theta)
        residual = self._parameters.prior_residual(theta)
        own = RFactor.from_rows(residual, self._parameters.prior_jacobian(theta))
        cost = _with(Cost(found.cost, found.nonfinite), residual)
        return Linearization(found.rfactor.merge(own), cost.value, cost.nonfinite)

    def cost(self, theta: FloatArray) -> Cost:
        """|r|^2 and the number of residuals that are not finite."""
        return _with(self._data.cost(theta), self._parameters.prior_residual(theta))

    @property
    def n_chunks(self) -> int:
        return chunks_of(self._data)

    def gradient(self, theta: FloatArray, chunks: IntArray | None = None) -> Gradient:
        """J^T r (p,) and |r|^2; chunks have an equal share of the priors each."""
        found = gradient_at(self._data, theta, chunks)
        share = 1.0 if chunks is None else len(chunks) / self.n_chunks
        residual = self._parameters.prior_residual(theta)
        own = self._parameters.prior_jacobian(theta).T @ residual
        cost = _with(Cost(found.cost, found.nonfinite), np.sqrt(share) * residual)
        return Gradient(found.vector + share * own, cost.value, cost.nonfinite)

    def curvature(self, theta: FloatArray, velocity: FloatArray, h: float) -> FloatArray:
        """J^T r_vv, shape (p,), with r_vv = (2/h)[(r(theta + h v) - r)/h - J v]."""
        residual = self._parameters.prior_residual
        jacobian = self._parameters.prior_jacobian(theta)
        change = (residual(theta + h * velocity) - residual(theta)) / h
        second = (2.0 / h) * (change - jacobian @ velocity)
        return self._data.curvature(theta, velocity, h) + jacobian.T @ second


def with_priors(data: Objective, parameters: ParameterSet) -> Objective:
    """The objective of the data, with the priors of the parameters if there are any."""
    return PriorObjective(data, parameters) if parameters.has_priors else data


def _with(cost: Cost, residual: FloatArray) -> Cost:
    nonfinite = int(np.count_nonzero(~np.isfinite(residual)))
    return Cost(cost.value + float(residual @ residual), cost.nonfinite + nonfinite)
