"""Steps of the linear model, with and without bounds."""

import numpy as np
import pytest
from scipy.optimize import lsq_linear

from hpcfit.linalg import RFactor
from hpcfit.optimize.bounds import Bounds
from hpcfit.optimize.linear_model import LinearModel

SCALE = np.array([1.0, 2.0, 0.5, 1.0])


def make(
    seed: int, lower: float = -np.inf, upper: float = np.inf
) -> tuple[LinearModel, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    residual, jacobian = 3.0 * rng.normal(size=30), rng.normal(size=(30, 4))
    bounds = Bounds(np.full(4, lower), np.full(4, upper))
    factor = RFactor.from_rows(residual, jacobian)
    return LinearModel(np.zeros(4), factor, float(residual @ residual), bounds), residual, jacobian


def test_newton_step_is_that_of_linear_least_squares() -> None:
    model, residual, jacobian = make(0)
    np.testing.assert_allclose(model.newton.velocity, -np.linalg.lstsq(jacobian, residual)[0], rtol=1e-9)
    left = residual + jacobian @ model.newton.velocity
    assert model.reach == pytest.approx(residual @ residual - left @ left)
    assert model.relative_offset == pytest.approx(np.sqrt(model.reach / 4 / (left @ left / 26)))


@pytest.mark.parametrize("seed", range(20))
def test_bounded_step_is_the_best_of_those_inside(seed: int) -> None:
    model, residual, jacobian = make(seed, -0.3, 0.4)
    best = lsq_linear(jacobian, -residual, (-0.3, 0.4), method="bvls")
    step = model.newton
    left = residual + jacobian @ step.velocity
    assert not model.bounds.outside(step.velocity).any()
    assert step.reduction == pytest.approx(residual @ residual - left @ left, rel=1e-9)
    assert step.reduction == pytest.approx(model.cost - 2.0 * best.cost, rel=1e-8)


@pytest.mark.parametrize("seed", range(5))
def test_parameter_stopped_by_a_bound_lies_exactly_on_it(seed: int) -> None:
    model, _, _ = make(seed, -0.1, 1.0 / 30.0)
    step = model.newton
    trial = model.trial(step, np.where(step.free, 1e-3, 0.0))
    assert (~step.free).any()
    assert np.isin(trial[~step.free], [-0.1, 1.0 / 30.0]).all()


def test_parameter_at_a_bound_is_held_only_against_a_push_outward() -> None:
    residual, jacobian = np.array([1.0, -1.0, 0.5]), np.eye(3)
    factor = RFactor.from_rows(residual, jacobian)
    model = LinearModel(np.zeros(3), factor, 2.25, Bounds(np.zeros(3), np.full(3, np.inf)))
    assert model.held.tolist() == [True, False, True]
    np.testing.assert_allclose(model.newton.velocity, [0.0, 1.0, 0.0])


def test_correction_is_zero_for_held_parameters() -> None:
    residual, jacobian = np.array([1.0, -1.0, 0.5]), np.eye(3)
    factor = RFactor.from_rows(residual, jacobian)
    model = LinearModel(np.zeros(3), factor, 2.25, Bounds(np.zeros(3), np.full(3, np.inf)))
    np.testing.assert_allclose(model.newton.correction(np.ones(3)), [0.0, -1.0, 0.0])


def test_bounds_that_do_not_hold_the_start_are_refused() -> None:
    with pytest.raises(ValueError, match=r"parameter 1 starts at 2\.0, outside \[0\.0, 1\.0\]"):
        Bounds.of((np.zeros(2), np.ones(2)), np.array([0.5, 2.0]))
    with pytest.raises(ValueError, match="do not fit 2 parameters"):
        Bounds.of((np.zeros(3), np.ones(3)), np.array([0.5, 2.0]))
