"""Bounded fits end where scipy's trust-region-reflective solver ends, or lower."""

import numpy as np
import pytest
from scipy.optimize import least_squares

from hpcfit.optimize import DenseObjective, minimize

X = np.linspace(0.0, 3.0, 40)
DATA = 2.0 * np.exp(-0.7 * X) + 0.5 * X + 0.1 * np.sin(29.0 * X)


def residual(theta: np.ndarray) -> np.ndarray:
    return theta[0] * np.exp(-theta[1] * X) + theta[2] * X + theta[3] - DATA


def jacobian(theta: np.ndarray) -> np.ndarray:
    decay = np.exp(-theta[1] * X)
    return np.column_stack([decay, -theta[0] * X * decay, X, np.ones_like(X)])


@pytest.mark.parametrize("seed", range(30))
def test_bounded_fit_is_as_low_as_that_of_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    theta0 = np.array([1.0, 1.0, 1.0, 0.5]) * rng.uniform(0.5, 1.5, 4)
    lower, upper = theta0 - rng.uniform(0.05, 1.0, 4), theta0 + rng.uniform(0.05, 1.0, 4)
    found = minimize(DenseObjective(residual, jacobian, 4), theta0, bounds=(lower, upper))
    reference = least_squares(
        residual, theta0, jacobian, bounds=(lower, upper), xtol=1e-14, ftol=1e-14, gtol=1e-14, max_nfev=2000
    )
    assert found.converged, found.reason
    assert found.cost <= 2.0 * reference.cost * (1.0 + 1e-8)
    assert ((lower <= found.theta) & (found.theta <= upper)).all()
    # Outward pushes at bounds, and no push at all elsewhere: the Karush-Kuhn-Tucker conditions.
    gradient = jacobian(found.theta).T @ residual(found.theta)
    assert (gradient[found.theta == lower] >= 0.0).all()
    assert (gradient[found.theta == upper] <= 0.0).all()
    np.testing.assert_allclose(gradient[~found.at_bound], 0.0, atol=1e-6)


def test_parameter_at_its_bound_is_exactly_there_and_has_no_standard_error() -> None:
    bounds = (np.array([0.0, 1.0 / 3.0, 0.0, -9.0]), np.array([1.3, 9.0, 9.0, 9.0]))
    found = minimize(DenseObjective(residual, jacobian, 4), np.array([1.0, 1.0, 1.0, 0.5]), bounds=bounds)
    assert found.converged
    assert found.at_bound.tolist() == [True, False, False, False]
    assert found.theta[0] == 1.3
    assert found.standard_errors is not None
    assert np.isnan(found.standard_errors).tolist() == [True, False, False, False]
    own = jacobian(found.theta)[:, 1:]
    expected = found.cost / 37 * np.linalg.inv(own.T @ own)
    np.testing.assert_allclose(found.covariance[1:, 1:], expected, rtol=1e-5)


def test_fit_that_starts_on_a_bound_leaves_it_where_that_helps() -> None:
    free = minimize(DenseObjective(residual, jacobian, 4), np.array([1.0, 1.0, 1.0, 0.5]))
    lower = np.array([1.0, -9.0, -9.0, -9.0])
    found = minimize(
        DenseObjective(residual, jacobian, 4),
        np.array([1.0, 1.0, 1.0, 0.5]),
        bounds=(lower, np.full(4, np.inf)),
    )
    np.testing.assert_allclose(found.theta, free.theta, rtol=1e-7)


def test_all_parameters_at_bounds_are_a_minimum_too() -> None:
    theta0 = np.array([0.5, 0.4])
    objective = DenseObjective(lambda theta: theta - 2.0, lambda theta: np.eye(2), 2)
    found = minimize(objective, theta0, bounds=(np.zeros(2), np.ones(2)))
    assert found.theta.tolist() == [1.0, 1.0]
    assert found.reason == (
        "Converged: every parameter is at a bound and the cost would fall only beyond it; "
        "widen the bounds if they were not meant to decide the result."
    )
