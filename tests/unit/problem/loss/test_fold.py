"""Scaled rows have the gradient and, where the model is linear, the curvature of the cost."""

from __future__ import annotations

import numpy as np
import pytest

from hpcfit.problem.loss import LOSSES, RowLoss, TargetLoss
from hpcfit.problem.loss.run import LEAST_CURVATURE

ENDS = np.array([0, 23, 60])


@pytest.fixture(name="rows")
def _rows() -> tuple[np.ndarray, np.ndarray]:
    """A Jacobian (60, 3), and residuals of which some are large."""
    random = np.random.default_rng(5)
    residual = random.normal(size=60)
    residual[::9] *= 8.0
    return random.normal(size=(60, 3)), residual


def folded(
    loss: RowLoss, jacobian: np.ndarray, residual: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """J^T J and J^T r of the scaled rows, sums, sqrt(s) of each row, and what is kept."""
    block = np.ascontiguousarray(np.concatenate([jacobian.T, residual[np.newaxis]]))
    triangles, sums, kept = np.empty((2, 4, 4)), np.empty((2, 2)), np.empty(block.size)
    roots = loss.fold(block, ENDS, kept, triangles, sums)
    return sum(each.T @ each for each in triangles), sums, roots, kept


@pytest.mark.parametrize("name", LOSSES)
def test_the_gradient_is_half_that_of_the_cost(name: str, rows: tuple[np.ndarray, np.ndarray]) -> None:
    jacobian, residual = rows
    loss = RowLoss.of(np.zeros(60, np.int64), [TargetLoss("", name, 1.3)])
    gram, sums, _, _ = folded(loss, jacobian, residual)

    def cost(step: np.ndarray) -> float:
        found = np.empty((2, 2))
        loss.sum(residual + jacobian @ step, ENDS, found)
        return float(found[:, 0].sum())

    assert sums[:, 0].sum() == cost(np.zeros(3))
    slopes = [(cost(1e-5 * axis) - cost(-1e-5 * axis)) / 2e-5 for axis in np.eye(3)]
    np.testing.assert_allclose(2 * gram[:3, 3], slopes, rtol=1e-7)


@pytest.mark.parametrize("name", LOSSES)
def test_curvature_is_that_of_the_loss_but_never_below_a_part_of_its_slope(
    name: str, rows: tuple[np.ndarray, np.ndarray]
) -> None:
    jacobian, residual = rows
    loss = RowLoss.of(np.zeros(60, np.int64), [TargetLoss("", name, 1.3)])
    gram, _, roots, kept = folded(loss, jacobian, residual)
    np.testing.assert_allclose(gram[:3, :3], jacobian.T @ (roots[:, np.newaxis] ** 2 * jacobian), rtol=1e-12)
    scores = loss.scores(residual, ENDS)
    h = 1e-6
    psi = [
        np.array([loss.scores(np.array([r + shift]), np.array([0, 1]))[0, 0] ** 0.5 for r in residual])
        for shift in (-h, h)
    ]
    slope = np.sign(residual) * (psi[1] - psi[0]) / (2 * h)
    assert scores[:, 1].sum() == pytest.approx(slope.sum(), rel=1e-5)
    weight = np.sqrt(loss.scores(residual, np.arange(61))[:, 0]) / np.abs(residual)
    np.testing.assert_allclose(roots**2, np.maximum(slope, LEAST_CURVATURE * weight), rtol=1e-4, atol=1e-7)
    np.testing.assert_array_equal(kept[3 * 23 : 4 * 23], roots[:23] * residual[:23])


def test_each_residual_has_the_loss_of_its_target(rows: tuple[np.ndarray, np.ndarray]) -> None:
    jacobian, residual = rows
    targets = np.arange(60) % 2
    both = RowLoss.of(targets, [TargetLoss("a"), TargetLoss("b", "tukey", 0.1)])
    _, sums, roots, _ = folded(both, jacobian, residual)
    squares = np.where(targets == 0, residual**2, 0.0)
    far = np.abs(residual) >= 0.1
    assert far[targets == 1].sum() > 20
    assert (roots[(targets == 1) & far] == 0.0).all()
    least = squares.sum() + 0.01 / 3 * (far & (targets == 1)).sum()
    assert least < sums[:, 0].sum() < least + 0.01


def test_a_residual_that_is_not_finite_is_counted() -> None:
    loss = RowLoss.of(np.zeros(60, np.int64), [TargetLoss("", "tukey", 1.0)])
    residual = np.zeros(60)
    residual[[3, 40, 41]] = np.nan, np.inf, -np.inf
    sums = np.empty((2, 2))
    loss.sum(residual, ENDS, sums)
    assert sums[:, 1].tolist() == [1.0, 2.0]
    assert folded(loss, np.ones((60, 3)), residual)[1][:, 1].tolist() == [1.0, 2.0]
