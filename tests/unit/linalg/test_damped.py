"""Damped steps from one SVD against the normal equations."""

import numpy as np
import pytest

from hpcfit.linalg import DampedSystem, RFactor

SCALE = np.array([0.5, 2.0, 10.0])


@pytest.fixture
def rows() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=30), rng.normal(size=(30, 3)) * [1.0, 10.0, 0.1]


@pytest.fixture
def system(rows: tuple[np.ndarray, np.ndarray]) -> DampedSystem:
    return DampedSystem.of(RFactor.from_rows(*rows), SCALE)


def damped_gram(jacobian: np.ndarray, damping: float) -> np.ndarray:
    return jacobian.T @ jacobian + damping * np.diag(SCALE**2)


@pytest.mark.parametrize("damping", [0.0, 1e-6, 1.0, 1e6])
def test_velocity_and_correction_solve_the_damped_equations(
    rows: tuple[np.ndarray, np.ndarray], system: DampedSystem, damping: float
) -> None:
    residual, jacobian = rows
    gram = damped_gram(jacobian, damping)
    velocity = system.velocity(damping)
    np.testing.assert_allclose(velocity, -np.linalg.solve(gram, jacobian.T @ residual), rtol=1e-9)
    gradient = np.array([1.0, -2.0, 3.0])
    np.testing.assert_allclose(
        system.correction(damping, gradient), -np.linalg.solve(gram, gradient), rtol=1e-9
    )
    assert system.step_norm(damping) == pytest.approx(np.linalg.norm(SCALE * velocity))
    saved = residual @ residual - np.sum((residual + jacobian @ velocity) ** 2)
    assert system.reduction(damping) == pytest.approx(saved, rel=1e-6)


@pytest.mark.parametrize("fraction", [1e-8, 1e-3, 0.3, 0.9])
@pytest.mark.parametrize("start", [0.0, 1e-9, 1.0, 1e12])
def test_damping_brings_the_step_to_the_radius(system: DampedSystem, fraction: float, start: float) -> None:
    radius = fraction * system.step_norm(0.0)
    damping = system.damping_for(radius, start)
    assert system.step_norm(damping) == pytest.approx(radius, rel=0.1)


def test_no_damping_when_the_full_step_is_short_enough(system: DampedSystem) -> None:
    assert system.damping_for(system.step_norm(0.0), 7.0) == 0.0


def test_direction_without_effect_is_left_out_and_still_damped() -> None:
    rng = np.random.default_rng(1)
    residual, column = rng.normal(size=10), rng.normal(size=10)
    factor = RFactor.from_rows(residual, np.column_stack([column, 2.0 * column]))
    system = DampedSystem.of(factor, np.ones(2))
    assert system.rank == 1
    velocity = system.velocity(0.0)
    np.testing.assert_allclose(velocity[1], 2.0 * velocity[0])
    radius = 0.5 * system.step_norm(0.0)
    assert system.step_norm(system.damping_for(radius, 0.0)) == pytest.approx(radius, rel=0.1)


@pytest.mark.parametrize("damping", [0.0, 1e-99, 1e-3])
def test_rounding_is_not_magnified_in_a_direction_without_effect(damping: float) -> None:
    rng = np.random.default_rng(1)
    residual, column = rng.normal(size=10), rng.normal(size=10)
    jacobian = np.column_stack([column, 3.0 * column])
    system = DampedSystem.of(RFactor.from_rows(residual, jacobian), np.ones(2))
    gradient = jacobian.T @ rng.normal(size=10) * (1.0 + np.array([0.0, 1e-14]))
    for step in (system.velocity(damping), system.correction(damping, gradient)):
        np.testing.assert_allclose(step[1], 3.0 * step[0], rtol=1e-12)


def test_no_damping_when_the_shortest_full_step_of_a_degenerate_system_is_short_enough() -> None:
    factor = RFactor.from_rows(np.array([1.0, 0.5]), np.array([[1.0, 3.0], [2.0, 6.0]]))
    system = DampedSystem.of(factor, np.ones(2))
    assert system.damping_for(system.step_norm(0.0), 1e-3) == 0.0


def test_residual_out_of_reach_takes_no_step() -> None:
    factor = RFactor.from_rows(np.array([0.0, 0.0, 1.0]), np.eye(3)[:, :2])
    system = DampedSystem.of(factor, np.ones(2))
    np.testing.assert_array_equal(system.velocity(0.0), 0.0)
    assert system.reduction(0.0) == 0.0
