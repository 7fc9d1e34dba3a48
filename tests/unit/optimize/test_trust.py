"""How the radius and the damping follow from what a trial saved."""

import numpy as np
import pytest

from hpcfit.linalg import RFactor
from hpcfit.optimize import trust
from hpcfit.optimize.acceleration import Acceleration
from hpcfit.optimize.scaling import column_scale
from hpcfit.optimize.state import FitState


@pytest.fixture
def state() -> FitState:
    one = np.ones(1)
    return FitState(
        one, np.eye(2), 5, 1.0, one, 2.0, one, one, np.empty((0, 1)), np.empty((0, 1)), damping=3.0
    )


def test_good_prediction_doubles_the_radius(state: FitState) -> None:
    trust.adapt(state, norm=1.0, predicted=0.5, actual=0.4)
    assert (state.radius, state.damping) == (4.0, 1.5)


def test_fair_prediction_leaves_the_radius(state: FitState) -> None:
    trust.adapt(state, norm=1.0, predicted=0.5, actual=0.25)
    assert (state.radius, state.damping) == (2.0, 3.0)


@pytest.mark.parametrize(
    ("actual", "factor"), [(0.05, 0.5), (0.0, 0.5), (-0.5, 1.0 / 3.0), (-1e9, 0.1), (-np.inf, 0.25)]
)
def test_poor_prediction_shrinks_below_the_step_that_failed(
    state: FitState, actual: float, factor: float
) -> None:
    trust.adapt(state, norm=1.6, predicted=0.5, actual=actual)
    assert state.radius == pytest.approx(1.6 * factor)
    assert state.damping == pytest.approx(3.0 / factor)


@pytest.mark.parametrize(
    ("ratio", "factor"), [(0.75, None), (0.76, 0.5), (3.0, 0.25), (1e9, 0.1), (None, 0.25)]
)
def test_large_acceleration_shrinks_before_any_trial(ratio: float | None, factor: float | None) -> None:
    assert Acceleration(np.zeros(1), ratio).shrinkage(0.75) == factor


def test_steps_are_measured_in_the_parameters_start() -> None:
    factor = RFactor.from_rows(np.zeros(3), np.diag([3.0, 5.0, 7.0]))
    theta0 = np.array([-4.0, 0.0, 2.0])
    np.testing.assert_allclose(column_scale(theta0, factor), [0.25, 5.0, 0.5])
    width = np.array([np.nan, 10.0, 0.1])
    np.testing.assert_allclose(column_scale(theta0, factor, width), [0.25, 0.1, 10.0])
