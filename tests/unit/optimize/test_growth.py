"""Parameters that run away are named by the fit that did not converge, and no others."""

from __future__ import annotations

import numpy as np
import pytest

from hpcfit.optimize import DenseObjective, GeodesicLMOptions, OptimizerResult, minimize

X = np.linspace(0.1, 4.0, 60)
NOISE = 0.05 * np.random.default_rng(1).normal(size=60)
ADVICE = "Bound by min or max what must not grow so far, or fix it."


def saturating(theta: np.ndarray) -> np.ndarray:
    """a (1 - exp(-b x)), which is a straight line where a goes to infinity."""
    return -theta[0] * np.expm1(-theta[1] * X)


def fit(y: np.ndarray, start: tuple[float, float] = (1.0, 1.0), **given: object) -> OptimizerResult:
    def jacobian(theta: np.ndarray) -> np.ndarray:
        return np.column_stack([-np.expm1(-theta[1] * X), theta[0] * X * np.exp(-theta[1] * X)])

    bounds = given.pop("bounds", None)
    return minimize(
        DenseObjective(lambda theta: saturating(theta) - y, jacobian, 2),
        np.array(start),
        bounds=bounds,  # type: ignore[arg-type]
        labels=["a", "b"],
        options=GeodesicLMOptions(**given),  # type: ignore[arg-type]
    )


CURVED_UP = 2.0 * X + 0.02 * X**2 + NOISE


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_what_runs_away_is_named_with_what_to_do(sign: float) -> None:
    found = fit(sign * CURVED_UP, (sign, 1.0))
    assert (found.status, found.converged) == ("max_iterations", False)
    assert abs(found.theta[0]) > 1e3
    told = f" Still growing, without a bound ahead: a (from {sign:g} to {found.theta[0]:.3g}). {ADVICE}"
    assert found.reason.endswith(told)


def test_of_a_fit_that_has_only_begun_nothing_is_said() -> None:
    found = fit(CURVED_UP, max_iterations=5)
    assert found.status == "max_iterations"
    assert "growing" not in found.reason


def test_what_a_bound_keeps_is_not_named() -> None:
    found = fit(CURVED_UP, bounds=(np.full(2, -np.inf), np.array([1e9, np.inf])))
    assert found.theta[0] > 1e3
    assert "growing" not in found.reason


def test_a_parameter_that_only_began_far_away_is_not_named() -> None:
    found = fit(saturating(np.array([1e5, 0.7])) + NOISE, (5.0, 0.6))
    assert found.converged
    np.testing.assert_allclose(found.theta, [1e5, 0.7], rtol=1e-4)
    early = fit(
        saturating(np.array([1e5, 0.7])) + NOISE, (5.0, 0.6), max_iterations=found.counts.iterations - 5
    )
    assert early.status == "max_iterations"
    assert early.theta[0] > 5e3
    assert "growing" not in early.reason
