"""A linear problem held as dense arrays: cheap enough for many thousand steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from hpcfit.analysis.linearized import Linearized
from hpcfit.analysis.mcmc.posterior import Posterior
from hpcfit.linalg import RFactor
from hpcfit.optimize.bounds import Bounds
from hpcfit.optimize.objective import Cost, Linearization

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Dense:
    """r = J theta - y."""

    jacobian: FloatArray
    y: FloatArray

    @property
    def n_parameters(self) -> int:
        return self.jacobian.shape[1]

    def residual(self, theta: FloatArray) -> FloatArray:
        return self.jacobian @ theta - self.y

    def cost(self, theta: FloatArray) -> Cost:
        residual = self.residual(theta)
        return Cost(float(residual @ residual), 0)

    def linearize(self, theta: FloatArray) -> Linearization:
        residual = self.residual(theta)
        factor = RFactor.from_rows(residual, self.jacobian)
        return Linearization(factor, float(residual @ residual), 0)

    def curvature(self, theta: FloatArray, velocity: FloatArray, h: float) -> FloatArray:
        return np.zeros(len(theta))


@dataclass(frozen=True)
class Problem:
    """The minimum of a dense problem."""

    objective: Dense
    theta: FloatArray
    linearized: Linearized

    def posterior(self, temperature: float, lower: float = -np.inf, upper: float = np.inf) -> Posterior:
        p = len(self.theta)
        bounds = Bounds(np.full(p, lower), np.full(p, upper))
        return Posterior(self.objective, bounds, temperature)


def solved(objective: Dense) -> Problem:
    theta = np.linalg.lstsq(objective.jacobian, objective.y, rcond=None)[0]
    found = objective.linearize(theta)
    p = len(theta)
    linearized = Linearized(
        labels=tuple("abcdefgh"[:p]),
        values=theta,
        slopes=np.ones(p),
        factor=found.rfactor,
        held=np.zeros(p, dtype=np.bool_),
        squares=found.cost,
        inflation=None,
    )
    return Problem(objective, theta, linearized)


@pytest.fixture
def line() -> Problem:
    """A straight line through scattered points; the two parameters are correlated."""
    x = np.linspace(1.0, 3.0, 12)
    noise = np.random.default_rng(4).normal(size=12)
    return solved(Dense(np.stack([np.ones(12), x], axis=1), 1.0 + 2.0 * x + 0.3 * noise))


@pytest.fixture
def idle() -> Problem:
    """The same with a parameter that nothing depends on."""
    x = np.linspace(1.0, 3.0, 12)
    jacobian = np.stack([np.ones(12), x, np.zeros(12)], axis=1)
    return solved(Dense(jacobian, 1.0 + 2.0 * x + 0.1 * np.cos(9.0 * x)))
