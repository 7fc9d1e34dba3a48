"""The objective of two plain functions."""

import numpy as np

from hpcfit.optimize import DenseObjective

TIMES = np.linspace(0.0, 2.0, 9)
THETA, VELOCITY = np.array([2.0, 0.7]), np.array([0.3, -0.2])


def residual(theta: np.ndarray) -> np.ndarray:
    return theta[0] * np.exp(-theta[1] * TIMES) - 1.0


def jacobian(theta: np.ndarray) -> np.ndarray:
    decay = np.exp(-theta[1] * TIMES)
    return np.column_stack([decay, -theta[0] * TIMES * decay])


def test_linearization_and_cost_are_those_of_the_functions() -> None:
    objective = DenseObjective(residual, jacobian, 2)
    found = objective.linearize(THETA)
    assert found.is_finite
    assert found.cost == objective.cost(THETA).value
    np.testing.assert_allclose(found.rfactor.gradient, jacobian(THETA).T @ residual(THETA), atol=1e-12)


def test_curvature_is_the_projected_second_derivative() -> None:
    objective = DenseObjective(residual, jacobian, 2)
    decay = np.exp(-THETA[1] * TIMES)
    second = -2.0 * VELOCITY[0] * VELOCITY[1] * TIMES * decay + THETA[0] * VELOCITY[1] ** 2 * TIMES**2 * decay
    found = objective.curvature(THETA, VELOCITY, 1e-4)
    np.testing.assert_allclose(found, jacobian(THETA).T @ second, rtol=1e-3)


def test_what_is_not_finite_is_counted() -> None:
    objective = DenseObjective(
        lambda theta: np.array([1.0, np.nan, np.inf]), lambda theta: np.ones((3, 1)), 1
    )
    assert objective.cost(np.ones(1)).nonfinite == 2
    found = objective.linearize(np.ones(1))
    assert (found.nonfinite, found.is_finite) == (2, False)


def test_curvature_next_to_what_is_not_finite_is_nan() -> None:
    def root(theta: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            return np.sqrt(theta)

    objective = DenseObjective(root, lambda theta: np.diag(0.5 / np.sqrt(theta)), 1)
    assert np.isnan(objective.curvature(np.array([1.0]), np.array([-20.0]), 0.1)).all()
