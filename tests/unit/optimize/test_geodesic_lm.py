"""Geodesic Levenberg-Marquardt: what it finds, what it counts, and how it says why it stopped."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from hpcfit.errors import RunError
from hpcfit.optimize import (
    Cost,
    DenseObjective,
    GeodesicLMOptions,
    IterationEvent,
    Linearization,
    OptimizerResult,
    minimize,
)

OPTIONS = GeodesicLMOptions()
X = np.linspace(0.1, 4.0, 40)
NOISE = 0.05 * np.random.default_rng(0).normal(size=40)


def decay_residual(theta: np.ndarray) -> np.ndarray:
    return theta[0] * np.exp(-theta[1] * X) - (3.0 * np.exp(-1.3 * X) + NOISE)


def decay_jacobian(theta: np.ndarray) -> np.ndarray:
    shape = np.exp(-theta[1] * X)
    return np.column_stack([shape, -theta[0] * X * shape])


def fit_decay(theta0: tuple[float, float] = (1.0, 1.0), **changes: object) -> OptimizerResult:
    return minimize(
        DenseObjective(decay_residual, decay_jacobian, 2),
        np.array(theta0),
        options=replace(OPTIONS, **changes),
    )


class Counting:
    """An objective that counts what it is asked."""

    n_parameters = 2

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self._inner = DenseObjective(decay_residual, decay_jacobian, 2)

    def linearize(self, theta: np.ndarray) -> Linearization:
        self.asked["linearize"] += 1
        return self._inner.linearize(theta)

    def cost(self, theta: np.ndarray) -> Cost:
        self.asked["cost"] += 1
        return self._inner.cost(theta)

    def curvature(self, theta: np.ndarray, velocity: np.ndarray, h: float) -> np.ndarray:
        self.asked["curvature"] += 1
        return self._inner.curvature(theta, velocity, h)


def valley(theta: np.ndarray) -> np.ndarray:
    return np.array([10.0 * (theta[1] - theta[0] ** 2), 1.0 - theta[0]])


def valley_jacobian(theta: np.ndarray) -> np.ndarray:
    return np.array([[-20.0 * theta[0], 10.0], [-1.0, 0.0]])


def test_bent_valley_is_followed_to_the_exact_zero() -> None:
    found = minimize(DenseObjective(valley, valley_jacobian, 2), np.array([-1.2, 1.0]))
    np.testing.assert_allclose(found.theta, [1.0, 1.0], rtol=1e-12)
    assert found.converged
    assert found.reason == "Converged: the residual is zero, at least up to rounding."
    assert found.covariance is None


def test_result_is_that_of_the_normal_equations_at_the_minimum() -> None:
    found = fit_decay()
    residual, jacobian = decay_residual(found.theta), decay_jacobian(found.theta)
    assert np.abs(jacobian.T @ residual).max() < 1e-9
    expected = residual @ residual / 38 * np.linalg.inv(jacobian.T @ jacobian)
    np.testing.assert_allclose(found.covariance, expected, rtol=1e-7)
    assert (found.status, found.converged) == ("converged", True)
    assert found.cost == found.history[-1] == min(found.history)


def test_parameters_may_start_at_zero() -> None:
    np.testing.assert_allclose(fit_decay((0.0, 0.0)).theta, fit_decay().theta, rtol=1e-8)


def test_without_acceleration_no_curvature_is_computed() -> None:
    found = fit_decay(acceleration=False)
    np.testing.assert_allclose(found.theta, fit_decay().theta, rtol=1e-8)
    assert found.counts.curvature_evaluations == 0


def test_speculation_saves_evaluations_of_the_cost() -> None:
    fast, careful = fit_decay(), fit_decay(speculative=False)
    np.testing.assert_allclose(fast.theta, careful.theta, rtol=1e-8)
    assert fast.counts.residual_evaluations < careful.counts.residual_evaluations


def test_counts_are_what_the_objective_was_asked() -> None:
    objective = Counting()
    counts = minimize(objective, np.array([0.5, 4.0]), options=replace(OPTIONS, speculative=False)).counts
    assert counts.residual_evaluations == objective.asked["cost"]
    assert counts.jacobian_evaluations == objective.asked["linearize"]
    assert counts.curvature_evaluations == objective.asked["curvature"]


def test_events_start_with_iteration_zero_and_follow_the_cost() -> None:
    events: list[IterationEvent] = []
    objective = DenseObjective(decay_residual, decay_jacobian, 2)
    found = minimize(
        objective, np.array([1.0, 1.0]), callback=lambda event, state: bool(events.append(event))
    )
    assert [event.iteration for event in events] == list(range(found.counts.iterations + 1))
    assert tuple(event.cost for event in events if event.accepted) == found.history
    assert all(event.loss == 0.5 * event.cost for event in events)
    assert events[0].predicted is None
    assert events[-1].counts == found.counts
    assert sum(not event.accepted for event in events) == found.counts.rejected


@pytest.mark.parametrize("iteration", [0, 2])
def test_callback_stops_the_fit(iteration: int) -> None:
    objective = DenseObjective(decay_residual, decay_jacobian, 2)
    found = minimize(objective, np.array([1.0, 1.0]), callback=lambda e, s: e.iteration == iteration)
    assert found.counts.iterations == iteration
    assert (found.status, found.converged) == ("stopped", False)
    assert found.reason == "Stopped on request before convergence; a fit can go on from here."


def test_too_few_iterations_are_not_convergence() -> None:
    found = fit_decay(max_iterations=1)
    assert (found.status, found.converged, found.counts.iterations) == ("max_iterations", False, 1)
    assert found.reason.startswith("Not converged after 1 iterations (relative offset ")


def test_cost_target_stops_only_when_asked() -> None:
    found = fit_decay(cost_target=5.0)
    assert (found.status, found.converged) == ("cost_target", False)
    assert found.cost <= 5.0


def test_wrong_derivatives_stall_and_never_converge() -> None:
    objective = DenseObjective(decay_residual, lambda theta: -decay_jacobian(theta), 2)
    found = minimize(objective, np.array([1.0, 1.0]))
    assert (found.status, found.converged) == ("stalled", False)
    assert found.reason.startswith(
        "Stalled: 60 trial steps in a row did not lower the cost at relative offset "
    )


def test_start_that_is_not_finite_is_refused_with_advice() -> None:
    objective = DenseObjective(
        lambda theta: np.array([np.nan, theta[0], np.inf]), lambda theta: np.ones((3, 1)), 1
    )
    with pytest.raises(RunError) as error:
        minimize(objective, np.ones(1))
    assert str(error.value) == (
        "The fit cannot start: 2 of 3 residuals are NaN or infinite at the initial parameters. "
        "Start from other values."
    )


def test_derivatives_that_are_not_finite_at_the_start_are_refused() -> None:
    objective = DenseObjective(lambda theta: np.sqrt(theta), lambda theta: np.array([[np.inf]]), 1)
    with pytest.raises(RunError, match="the derivatives of the residuals are NaN or infinite"):
        minimize(objective, np.zeros(1))


@pytest.mark.parametrize("speculative", [True, False])
def test_trials_that_are_not_finite_are_rejected(speculative: bool) -> None:
    """log(theta) does not exist where the first full step would go."""

    def residual(theta: np.ndarray) -> np.ndarray:
        return np.array([np.log(theta[0]) + 2.0, 0.1 * theta[0]])

    def jacobian(theta: np.ndarray) -> np.ndarray:
        return np.array([[1.0 / theta[0]], [0.1]])

    found = minimize(
        DenseObjective(residual, jacobian, 1),
        np.array([50.0]),
        options=replace(OPTIONS, speculative=speculative),
    )
    assert found.converged
    assert found.counts.rejected > 0
    assert np.log(found.theta[0]) + 2.0 == pytest.approx(-0.01 * found.theta[0] ** 2)


def test_derivative_that_is_not_finite_at_a_trial_rejects_it() -> None:
    """The residual exists at theta = 1, where the full step goes, but its derivative does not."""

    def residual(theta: np.ndarray) -> np.ndarray:
        return np.array([theta[0] - 1.0, 0.01 * theta[0]])

    def jacobian(theta: np.ndarray) -> np.ndarray:
        return np.array([[1.0], [0.01 if theta[0] > 2.0 else np.nan]])

    found = minimize(DenseObjective(residual, jacobian, 1), np.array([3.0]))
    assert found.theta[0] > 2.0
    assert not found.converged


def test_parameter_that_ran_away_is_no_minimum() -> None:
    """1 + exp(-theta) falls forever; the gradient vanishes only because theta loses its effect."""
    objective = DenseObjective(
        lambda theta: np.array([1.0, 1.0, 1.0]) + np.exp(-theta),
        lambda theta: -np.exp(-theta) * np.ones((3, 1)),
        1,
    )
    found = minimize(objective, np.array([1.0]), labels=["k"])
    assert not found.converged


def test_parameter_that_lost_its_effect_is_named() -> None:
    """Beyond 5 the residual no longer depends on b, and what depends on a is at its minimum."""

    def residual(theta: np.ndarray) -> np.ndarray:
        return np.array([theta[0] - 1.0, 1.0, max(0.0, 5.0 - theta[1])])

    def jacobian(theta: np.ndarray) -> np.ndarray:
        return np.array([[1.0, 0.0], [0.0, 0.0], [0.0, -1.0 if theta[1] < 5.0 else 0.0]])

    found = minimize(DenseObjective(residual, jacobian, 2), np.array([3.0, 2.0]), labels=["a", "b"])
    assert (found.status, found.converged) == ("degenerate", False)
    assert found.reason == (
        "Not converged: the fit ran to where the residual no longer depends on b. "
        "Start elsewhere, or bound what ran away."
    )


def test_redundant_parameters_converge_and_are_named() -> None:
    """Only the product of the first two parameters matters."""

    def residual(theta: np.ndarray) -> np.ndarray:
        return decay_residual(np.array([theta[0] * theta[1], theta[2]]))

    def jacobian(theta: np.ndarray) -> np.ndarray:
        inner = decay_jacobian(np.array([theta[0] * theta[1], theta[2]]))
        return np.column_stack([inner[:, 0] * theta[1], inner[:, 0] * theta[0], inner[:, 1]])

    found = minimize(DenseObjective(residual, jacobian, 3), np.array([1.0, 2.0, 1.0]), labels=["A", "B", "k"])
    assert found.converged
    assert found.cost == pytest.approx(fit_decay().cost)
    assert found.counts.iterations <= fit_decay().counts.iterations + 2
    assert len(found.null_directions) == 1
    assert "fix one of " in found.null_directions[0]
    assert found.standard_errors is not None
    assert np.isinf(found.standard_errors).tolist() == [True, True, False]


def test_minimum_at_which_two_terms_coincide_is_found() -> None:
    """Two decays would like to be closer than equal: J has rank one there, and full steps are endless."""
    data = 2.0 * np.exp(-X) * (1.0 - 0.1 * X**2)

    def residual(theta: np.ndarray) -> np.ndarray:
        return np.exp(-theta[0] * X) + np.exp(-theta[1] * X) - data

    def jacobian(theta: np.ndarray) -> np.ndarray:
        return -X[:, None] * np.exp(-np.outer(X, theta))

    found = minimize(DenseObjective(residual, jacobian, 2), np.array([0.5, 3.0]))
    assert found.theta[0] == pytest.approx(found.theta[1], rel=1e-6)
    assert found.converged
    assert "The Jacobian loses rank here" in found.reason


def test_no_free_parameter_is_already_converged() -> None:
    objective = DenseObjective(lambda theta: np.ones(3), lambda theta: np.ones((3, 0)), 0)
    found = minimize(objective, np.zeros(0))
    assert (found.converged, found.reason) == (True, "Converged: there is no free parameter.")


def test_every_option_has_a_help_text_and_a_default() -> None:
    for name, each in GeodesicLMOptions.__dataclass_fields__.items():
        assert each.metadata["help"], name
        assert getattr(OPTIONS, name) == each.default
