"""A fit that was stopped and resumed, at any iteration, ends with the same bits."""

import pickle
from collections.abc import Callable

import numpy as np
import pytest

from hpcfit.errors import RunError
from hpcfit.optimize import DenseObjective, IterationEvent, OptimizerResult, StateDict, minimize

X = np.linspace(0.0, 3.0, 30)
NOISE = 0.2 * np.sin(37.0 * X)


def peaks(theta: np.ndarray) -> np.ndarray:
    """A decay and a Gaussian, far from the data: many rejections, then slow convergence."""
    value = theta[0] * np.exp(-theta[1] * X) + theta[2] * np.exp(-((X - theta[3]) ** 2) / theta[4] ** 2)
    return value - (2.0 * np.exp(-0.8 * X) + 1.5 * np.exp(-((X - 1.9) ** 2) / 0.25)) - NOISE


def peaks_jacobian(theta: np.ndarray) -> np.ndarray:
    decay = np.exp(-theta[1] * X)
    away = X - theta[3]
    peak = np.exp(-(away**2) / theta[4] ** 2)
    return np.column_stack(
        [
            decay,
            -theta[0] * X * decay,
            peak,
            2.0 * theta[2] * peak * away / theta[4] ** 2,
            2.0 * theta[2] * peak * away**2 / theta[4] ** 3,
        ]
    )


def root(theta: np.ndarray) -> np.ndarray:
    """Not finite for theta[1] < 0."""
    return theta[0] * np.sqrt(theta[1] + X) - 3.0 * np.sqrt(X + 0.2) - NOISE


def root_jacobian(theta: np.ndarray) -> np.ndarray:
    return np.column_stack([np.sqrt(theta[1] + X), 0.5 * theta[0] / np.sqrt(theta[1] + X)])


Functions = tuple[Callable[[np.ndarray], np.ndarray], Callable[[np.ndarray], np.ndarray]]
PROBLEMS: dict[str, tuple[Functions, list[float], tuple[np.ndarray, np.ndarray] | None]] = {
    "peaks": ((peaks, peaks_jacobian), [1.0, 3.0, 0.5, 2.6, 1.0], None),
    "peaks within bounds": (
        (peaks, peaks_jacobian),
        [1.0, 3.0, 0.5, 2.6, 1.0],
        (np.array([0.0, 0.0, 0.0, 2.0, 0.1]), np.array([1.8, 9.0, 9.0, 9.0, 9.0])),
    ),
    "root with trials that are not finite": ((root, root_jacobian), [1.0, 30.0], None),
}


def run(
    name: str, state: StateDict | None = None, stop_at: int = -1
) -> tuple[OptimizerResult, list[IterationEvent], StateDict]:
    functions, theta0, bounds = PROBLEMS[name]
    events: list[IterationEvent] = []
    last: list[bytes] = []

    def note(event: IterationEvent, state: StateDict) -> bool:
        events.append(event)
        last[:] = [pickle.dumps(state)]
        return event.iteration == stop_at

    objective = DenseObjective(*functions, len(theta0))
    found = minimize(objective, np.array(theta0), bounds=bounds, callback=note, state=state)
    return found, events, pickle.loads(last[0]) if last else {}


def bits(event: IterationEvent) -> tuple[object, ...]:
    return tuple(
        value.tobytes() if isinstance(value, np.ndarray) else value for value in vars(event).values()
    )


@pytest.mark.parametrize("name", PROBLEMS)
def test_resumed_fit_ends_with_the_same_bits_from_every_iteration(name: str) -> None:
    whole, events, _ = run(name)
    assert whole.converged
    assert whole.counts.rejected > 0
    for stop_at in range(whole.counts.iterations + 1):
        stopped, before, state = run(name, stop_at=stop_at)
        assert stopped.status == "stopped"
        resumed, after, _ = run(name, state=state)
        assert resumed.theta.tobytes() == whole.theta.tobytes()
        assert (resumed.counts, resumed.history) == (whole.counts, whole.history)
        assert resumed.reason == whole.reason
        assert [bits(event) for event in before + after] == [bits(event) for event in events]


def test_state_given_to_the_callback_is_a_copy() -> None:
    functions, theta0, _ = PROBLEMS["peaks"]

    def spoil(event: IterationEvent, state: StateDict) -> bool:
        for value in (*state.values(), event.theta):
            if isinstance(value, np.ndarray):
                value[...] = np.nan
        return False

    found = minimize(DenseObjective(*functions, 5), np.array(theta0), callback=spoil)
    assert found.theta.tobytes() == run("peaks")[0].theta.tobytes()


def test_foreign_state_is_refused() -> None:
    with pytest.raises(RunError, match=r"not one of this version of geodesic-lm: see \['colour'\]"):
        run("peaks", state=run("peaks", stop_at=1)[2] | {"colour": "red"})
