"""The triangle of a robust objective, as an optimizer sees it."""

from __future__ import annotations

import numpy as np
import pytest

from hpcfit.linalg import RFactor
from hpcfit.optimize.dense import DenseObjective
from hpcfit.optimize.objective import Cost, Linearization
from hpcfit.problem.loss import LossObjective


class Robust(DenseObjective):
    """Rows as they are, for a cost that is not their norm."""

    def __init__(self, cost: float) -> None:
        random = np.random.default_rng(4)
        self.matrix, self.own = random.normal(size=(9, 2)), cost
        super().__init__(lambda theta: self.matrix @ theta - 1.0, lambda theta: self.matrix, 2)

    def linearize(self, theta: np.ndarray) -> Linearization:
        found = super().linearize(theta)
        return Linearization(found.rfactor, self.own, found.nonfinite)

    def cost(self, theta: np.ndarray) -> Cost:
        return Cost(self.own, 0)


THETA = np.array([0.3, -0.2])


def test_the_residual_has_the_norm_of_the_cost_and_the_same_gradient() -> None:
    inner = Robust(40.0)
    plain, found = inner.linearize(THETA).rfactor, LossObjective(inner).linearize(THETA).rfactor
    assert np.sum(found.triangle[:, -1] ** 2) == pytest.approx(40.0, rel=1e-14)
    np.testing.assert_array_equal(found.triangle[:, :-1], plain.triangle[:, :-1])
    np.testing.assert_array_equal(found.gradient, plain.gradient)
    assert (found.rows, plain.triangle[-1, -1] ** 2 < 9.0) == (plain.rows, True)


def test_nothing_remains_where_more_is_in_reach_than_the_cost() -> None:
    assert LossObjective(Robust(1e-6)).linearize(THETA).rfactor.rho == 0.0


def test_everything_else_is_that_of_the_data() -> None:
    inner = Robust(40.0)
    objective = LossObjective(inner)
    assert (objective.n_parameters, objective.n_chunks) == (2, 1)
    assert objective.cost(THETA) == Cost(40.0, 0)
    np.testing.assert_array_equal(objective.gradient(THETA).vector, inner.gradient(THETA).vector)
    velocity = np.array([1.0, 0.5])
    expected = inner.curvature(THETA, velocity, 0.1)
    np.testing.assert_array_equal(objective.curvature(THETA, velocity, 0.1), expected)


def test_what_is_not_finite_stays_so() -> None:
    class Broken(Robust):
        def linearize(self, theta: np.ndarray) -> Linearization:
            return Linearization(RFactor(np.full((3, 3), np.nan), 9), np.nan, 1)

    assert not LossObjective(Broken(1.0)).linearize(THETA).is_finite
