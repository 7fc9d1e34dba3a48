"""Extrapolating steps that converge only linearly."""

import numpy as np

from hpcfit.optimize import DenseObjective, GeodesicLMOptions, minimize


def test_slow_end_of_a_fit_with_large_residuals_is_shortened() -> None:
    """Plain Gauss-Newton gains a factor 0.8 an iteration here."""
    slope = 0.4

    def residual(theta: np.ndarray) -> np.ndarray:
        return np.array([theta[0] + 1.0, slope * theta[0] ** 2 + theta[0] - 1.0, 0.0])

    def jacobian(theta: np.ndarray) -> np.ndarray:
        return np.array([[1.0], [2.0 * slope * theta[0] + 1.0], [0.0]])

    theta, plain = np.array([0.3]), 0
    while abs(jacobian(theta)[:, 0] @ residual(theta)) > 1e-10:
        theta = theta - np.linalg.lstsq(jacobian(theta), residual(theta))[0]
        plain += 1
    options = GeodesicLMOptions(acceleration=False)
    found = minimize(DenseObjective(residual, jacobian, 1), np.array([0.3]), options=options)
    assert found.converged
    assert abs(jacobian(found.theta)[:, 0] @ residual(found.theta)) < 1e-10
    assert found.counts.jacobian_evaluations < plain / 2


def test_steps_that_overshoot_by_their_own_length_are_caught() -> None:
    """Plain Gauss-Newton diverges from this minimum; two of its steps tell where it is."""

    def residual(theta: np.ndarray) -> np.ndarray:
        return np.array([theta[0] + 1.0, -1.1 * theta[0] ** 2 + theta[0] - 1.0, 0.0])

    def jacobian(theta: np.ndarray) -> np.ndarray:
        return np.array([[1.0], [-2.2 * theta[0] + 1.0], [0.0]])

    found = minimize(DenseObjective(residual, jacobian, 1), np.array([0.2]))
    assert found.converged
    assert abs(jacobian(found.theta)[:, 0] @ residual(found.theta)) < 1e-8
    assert found.counts.jacobian_evaluations < 15


def test_many_parameters_that_each_converge_at_a_rate_of_their_own_do_so_together() -> None:
    """Plain Gauss-Newton gains factors from 0.6 to -1.2 here; by two points it takes 26 Jacobians."""
    slope = np.linspace(-1.2, 0.6, 24)

    def residual(theta: np.ndarray) -> np.ndarray:
        return np.concatenate([theta + 1.0, slope * theta**2 + theta - 1.0, [0.0]])

    def jacobian(theta: np.ndarray) -> np.ndarray:
        return np.vstack([np.eye(24), np.diag(2.0 * slope * theta + 1.0), np.zeros((1, 24))])

    start = 0.1 * np.cos(np.arange(24.0))
    found = minimize(DenseObjective(residual, jacobian, 24), start)
    assert found.converged
    assert abs(jacobian(found.theta).T @ residual(found.theta)).max() < 1e-4
    assert found.counts.jacobian_evaluations < 22
