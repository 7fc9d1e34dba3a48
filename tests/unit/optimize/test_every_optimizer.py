"""What holds for every optimizer: it finds what it claims, and obeys limits, bounds and requests to stop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from known_problems import VALLEY, WALLED, Known

from hpcfit.errors import JobError, RunError
from hpcfit.optimize import OPTIMIZERS, DenseObjective, IterationEvent, OptimizerResult, StateDict

#: where hundreds of its slow iterations would be needed
SLOW = {"scipy:COBYLA": {"max_iterations": 60}, "scipy:basin-hopping": {"max_iterations": 5}}
#: these near a minimum only
NEAR = {"adam", "scipy:COBYLA"}
by_name = pytest.mark.parametrize("name", OPTIMIZERS)
bounded = pytest.mark.parametrize("name", [n for n, each in OPTIMIZERS.items() if each.bounds != "refused"])
LOWER, UPPER = np.array([-2.0, -2.0]), np.array([9.0, 9.0])


def options_of(name: str, **changes: Any) -> Any:
    """The options, with those changes that the optimizer knows."""
    kind = OPTIMIZERS[name].options
    return kind(**{key: value for key, value in changes.items() if key in kind.__dataclass_fields__})


def fit(
    name: str, problem: Known, bounds: Any = (LOWER, UPPER), changes: Any = None, **arguments: Any
) -> OptimizerResult:
    optimizer = OPTIMIZERS[name]
    if optimizer.bounds == "refused":
        bounds = None
    chosen = options_of(name, **({"max_evaluations": 3000, **SLOW.get(name, {}), **(changes or {})}))
    return optimizer.minimize(
        problem.objective(), np.array(problem.start), bounds=bounds, options=chosen, **arguments
    )


@by_name
@pytest.mark.parametrize("problem", [VALLEY, WALLED], ids=["bent valley", "beside a wall"])
def test_what_claims_to_have_converged_has_six_digits(name: str, problem: Known) -> None:
    found = fit(name, problem)
    assert found.converged == (name not in NEAR), found.reason
    assert found.converged == (found.status == "converged")
    if found.converged:
        np.testing.assert_allclose(found.theta, problem.minimum, rtol=1e-6)
    residual = problem.residual(found.theta)
    assert found.cost == pytest.approx(residual @ residual, rel=1e-12, abs=1e-30)
    assert found.cost <= found.history[0]
    # Polishing steps may change the cost by rounding.
    assert (np.diff(found.history) <= 1e-10 * found.history[-1]).all()


@bounded
def test_a_minimum_beyond_a_bound_is_found_on_it(name: str) -> None:
    found = fit(name, VALLEY, bounds=(LOWER, np.array([0.5, 2.0])))
    assert ((found.theta >= LOWER) & (found.theta <= [0.5, 2.0])).all()
    if name in {*NEAR, "scipy:Powell"}:  # Powell's lines do not follow the valley along the bound
        assert not found.converged
        return
    assert found.converged, found.reason
    assert found.at_bound.tolist() == [True, False]
    np.testing.assert_allclose(found.theta, [0.5, 0.25], rtol=1e-6)


@by_name
def test_the_limit_of_iterations_or_evaluations_ends_it_without_a_claim(name: str) -> None:
    few = {"max_iterations": 2, "epochs": 2, "polish": False}
    found = fit(name, WALLED, changes=few)
    if name in {"scipy:dual-annealing", "scipy:basin-hopping"}:  # a jump of theirs has a local fit in it
        assert found.counts.jacobian_evaluations < 300
    else:
        assert found.status == "max_iterations", found.reason
        assert found.counts.iterations == 2
    if "max_evaluations" in OPTIMIZERS[name].options.__dataclass_fields__:
        found = fit(name, WALLED, changes={"max_evaluations": 7, "polish": False})
        assert found.counts.residual_evaluations + found.counts.jacobian_evaluations <= 8
        assert found.reason.startswith("Not converged after 7 evaluations; raise max_evaluations, or take a")


@by_name
def test_a_request_to_stop_is_obeyed_and_the_state_leads_on_from_there(name: str) -> None:
    states: list[StateDict] = []
    events: list[IterationEvent] = []

    def stop(event: IterationEvent, state: StateDict) -> bool:
        states.append(state)
        events.append(event)
        return len(events) == 3

    found = fit(name, WALLED, callback=stop)
    assert found.status == "stopped"
    assert len(events) == 3
    assert [event.iteration for event in events] == sorted({event.iteration for event in events})
    after: list[int] = []
    resumed = fit(name, WALLED, state=states[-1], callback=lambda event, _: after.append(event.iteration))
    assert resumed.converged == (name not in NEAR)
    assert min(after) > events[-1].iteration
    assert resumed.counts.iterations >= found.counts.iterations
    assert resumed.history[0] == events[0].cost
    if OPTIMIZERS[name].resumes:
        assert resumed.theta.tobytes() == fit(name, WALLED).theta.tobytes()


@by_name
def test_two_fits_have_the_same_bits(name: str) -> None:
    first, second = fit(name, WALLED), fit(name, WALLED)
    assert first.theta.tobytes() == second.theta.tobytes()
    assert first.counts == second.counts


@by_name
def test_a_start_where_nothing_is_finite_is_refused(name: str) -> None:
    nowhere = Known(WALLED.residual, WALLED.jacobian, (0.1, 1.0), (0.0, 0.0))
    with pytest.raises(RunError, match="The fit cannot start: 1 of 3 residuals are NaN or infinite at the"):
        fit(name, nowhere)


@by_name
def test_fewer_residuals_than_parameters_have_their_null_direction_named(name: str) -> None:
    plane = DenseObjective(lambda theta: np.array([theta.sum() - 3.0]), lambda theta: np.ones((1, 2)), 2)
    box = None if OPTIMIZERS[name].bounds == "refused" else (LOWER, UPPER)
    chosen = options_of(name, max_evaluations=300, max_iterations=60)
    found = OPTIMIZERS[name].minimize(
        plane, np.array([1.0, 1.0]), bounds=box, labels=["a", "b"], options=chosen
    )
    assert found.theta.sum() == pytest.approx(3.0, abs=1e-2 if name in NEAR else 1e-6)
    assert found.null_directions == (
        "Changing a - 1 b together has no effect on any residual here; fix one of a, b.",
    )


@pytest.mark.parametrize("name", [n for n, each in OPTIMIZERS.items() if each.bounds == "refused"])
def test_bounds_are_refused_by_methods_that_have_none(name: str) -> None:
    with pytest.raises(JobError) as refusal:
        OPTIMIZERS[name].minimize(
            VALLEY.objective(), np.zeros(2), bounds=(LOWER, np.full(2, np.inf)), labels=["A", "B"]
        )
    assert str(refusal.value) == (
        f"{name} knows no bounds, but there are some of A, B: take one that does (geodesic-lm, lm, "
        "scipy:trf, scipy:dogbox, scipy:L-BFGS-B and scipy:TNC), take away those that the job gives, or give "
        'what has two of them transform = "logit" and what has min = 0 transform = "log".'
    )


@pytest.mark.parametrize("name", [n for n, each in OPTIMIZERS.items() if each.bounds == "needed"])
def test_a_search_without_bounds_is_refused(name: str) -> None:
    upper = np.array([np.inf, 1.0])
    with pytest.raises(JobError) as refusal:
        OPTIMIZERS[name].minimize(VALLEY.objective(), np.zeros(2), bounds=(LOWER, upper), labels=["A", "B"])
    assert str(refusal.value) == f"{name} searches between bounds: give min and max, and no transform, to A."


def test_what_ended_short_of_a_minimum_says_so_with_scipys_words() -> None:
    found = fit("scipy:L-BFGS-B", VALLEY, changes={"tolerance": 1.0, "rounds": 1})
    assert found.status == "stalled"
    # Older versions of SciPy have underscores in this.
    assert found.reason.replace("_", " ") == (
        'Stalled: scipy:L-BFGS-B ended ("CONVERGENCE: NORM OF PROJECTED GRADIENT <= PGTOL") where the '
        "parameters could still lower the cost. Take geodesic-lm, or start elsewhere."
    )


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_foreign_state_is_refused(name: str) -> None:
    states: list[StateDict] = []

    def stop(event: IterationEvent, state: StateDict) -> bool:
        states.append(state)
        return True

    fit(name, WALLED, callback=stop)
    with pytest.raises(
        RunError, match=r"the state to resume from is not one of this version of .*: see \['no'\]"
    ):
        fit(name, WALLED, state=states[0] | {"no": 1})
