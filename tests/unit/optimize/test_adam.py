"""Adam: its batches, its learning rates, and that a stopped fit goes on to the same bits."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from hpcfit.errors import RunError
from hpcfit.optimize import DenseObjective, Gradient, IterationEvent, OptimizerResult, StateDict
from hpcfit.optimize.adam import batches, minimize_adam
from hpcfit.optimize.adam_options import AdamOptions

X = np.linspace(0.0, 3.0, 40)
DATA = 2.0 * np.exp(-0.8 * X) + 0.05 * np.sin(37.0 * X)
START = np.array([1.0, 2.0])
OPTIONS = AdamOptions(epochs=40, batches=5, learning_rate=0.05, report_every=4)


class Decay(DenseObjective):
    """A decay in 20 chunks, whose gradient is not finite for a rate below `wall`."""

    def __init__(self, wall: float = -np.inf) -> None:
        super().__init__(
            lambda theta: theta[0] * np.exp(-theta[1] * X) - DATA,
            lambda theta: np.column_stack([np.exp(-theta[1] * X), -theta[0] * X * np.exp(-theta[1] * X)]),
            2,
            n_chunks=20,
        )
        self.wall = wall
        self.asked: list[np.ndarray | None] = []

    def gradient(self, theta: np.ndarray, chunks: np.ndarray | None = None) -> Gradient:
        self.asked.append(chunks)
        if theta[1] < self.wall:
            return Gradient(np.full(2, np.nan), np.nan, 1)
        return super().gradient(theta, chunks)


def fit(objective: DenseObjective | None = None, **arguments: object) -> OptimizerResult:
    arguments = {"options": OPTIONS, **arguments}
    return minimize_adam(objective or Decay(), START, **arguments)


def test_every_chunk_is_in_one_batch_of_an_epoch_and_epochs_differ() -> None:
    first = list(batches(20, OPTIONS, 0))
    assert [len(batch) for batch in first] == [4] * 5
    assert sorted(np.concatenate(first).tolist()) == list(range(20))
    assert all((np.diff(batch) > 0).all() for batch in first)
    again = list(batches(20, OPTIONS, 0))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert any((a != b).any() for a, b in zip(first, batches(20, OPTIONS, 1), strict=True))
    assert len(list(batches(3, OPTIONS, 0))) == 3


def test_the_objective_is_asked_for_the_chunks_of_the_batches() -> None:
    objective = Decay()
    fit(objective)
    expected = [batch for epoch in range(OPTIONS.epochs) for batch in batches(20, OPTIONS, epoch)]
    assert len(objective.asked) == len(expected)
    assert all((a == b).all() for a, b in zip(objective.asked, expected, strict=True))


def test_it_nears_the_minimum_and_does_not_claim_more() -> None:
    options = AdamOptions(epochs=400, batches=4, learning_rate=0.02)
    found = fit(options=options)
    assert found.status == "max_iterations"
    assert found.reason.startswith("Not converged after 400 epochs (relative offset ")
    assert found.reason.endswith(
        "); raise epochs, or go on by geodesic-lm with run.start_from, which finds the minimum to all digits."
    )
    np.testing.assert_allclose(found.theta, [2.0, 0.8], rtol=0.05)
    assert fit(options=AdamOptions(epochs=400, batches=1, relative_offset=1e9)).status == "max_iterations"


def test_it_says_converged_where_it_is() -> None:
    options = AdamOptions(epochs=3000, batches=1, learning_rate=0.05, final_fraction=1e-9)
    found = fit(options=options)
    assert found.converged, found.reason


def test_a_batch_that_is_not_finite_takes_it_back_with_shorter_steps() -> None:
    found = fit(Decay(wall=1.0), options=AdamOptions(epochs=60, batches=5, learning_rate=0.2))
    assert found.counts.rejected > 0
    assert np.isfinite(found.theta).all()
    assert found.cost < found.history[0]


def test_resumed_fit_ends_with_the_same_bits_from_every_report() -> None:
    states: list[bytes] = []
    events: list[IterationEvent] = []

    def note(event: IterationEvent, state: StateDict) -> bool:
        states.append(pickle.dumps(state))
        events.append(event)
        return False

    whole = fit(callback=note)
    assert [event.iteration for event in events] == list(range(0, 41, 4))
    for state in states:
        resumed = fit(state=pickle.loads(state))
        assert resumed.theta.tobytes() == whole.theta.tobytes()
        assert (resumed.history, resumed.reason) == (whole.history, whole.reason)


def test_foreign_state_is_refused() -> None:
    states: list[StateDict] = []
    fit(callback=lambda _, state: states.append(state))
    with pytest.raises(RunError, match=r"not one of this version of adam: see \['colour'\]"):
        fit(state=states[0] | {"colour": "red"})


@pytest.mark.parametrize(
    ("schedule", "rates"),
    [
        ("constant", [1.0, 1.0, 1.0, 1.0, 1.0]),
        ("cosine", [1.0, 0.8681981, 0.55, 0.2318019, 0.1]),
        ("exponential", [1.0, 0.5623413, 0.3162278, 0.1778279, 0.1]),
        ("steps", [1.0, 1.0, 0.5, 0.5, 0.25]),
    ],
)
def test_learning_rates_are_those_of_the_schedule(schedule: str, rates: list[float]) -> None:
    options = AdamOptions(epochs=5, learning_rate=1.0, schedule=schedule, final_fraction=0.1, step_epochs=2)
    np.testing.assert_allclose([options.rate(epoch) for epoch in range(5)], rates, rtol=1e-6)
