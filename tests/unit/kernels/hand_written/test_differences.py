"""Difference quotients by parameters: exact for what bends little, and never outside the bounds."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from hpcfit.kernels.hand_written.differences import Differences, difference_points

NONE = np.full(3, np.inf)
VALUES = np.array([2.0, -0.5, 0.0])


def quotient(found: Differences, function: object) -> NDArray[np.float64]:
    assert callable(function)
    return np.array(
        [
            c[0] * function(VALUES) + c[1] * function(p[0]) + c[2] * function(p[1])
            for c, p in zip(found.coefficients, found.points, strict=True)
        ]
    )


def parabola(values: NDArray[np.float64]) -> float:
    return float(3.0 * values[0] ** 2 - values[1] ** 2 + 5.0 * values[2] + values[2] ** 2)


@pytest.mark.parametrize(
    ("lower", "upper"),
    [((-9, -9, -9), (9, 9, 9)), ((2, -0.5, 0), (9, 9, 9)), ((-9, -9, -9), (2, -0.5, 0))],
    ids=["free", "at the lower bounds", "at the upper bounds"],
)
def test_a_parabola_has_its_derivative_and_no_point_leaves_the_bounds(
    lower: tuple[float, ...], upper: tuple[float, ...]
) -> None:
    below, above = np.array(lower, float), np.array(upper, float)
    found = difference_points(VALUES, np.array([0, 1, 2]), below, above, 1e-4)
    np.testing.assert_allclose(quotient(found, parabola), [12.0, 1.0, 5.0], rtol=1e-9)
    assert (found.points >= below).all()
    assert (found.points <= above).all()


def test_a_narrow_range_makes_steps_that_fit_in_it() -> None:
    lower, upper = np.array([2.0 - 1e-6, -1, -1]), np.array([2.0 + 1e-6, 1, 1])
    found = difference_points(VALUES, np.array([0, -1, -1]), lower, upper, 1e-2)
    assert np.abs(found.points[0, :, 0] - 2.0).max() <= 1e-6
    np.testing.assert_allclose(quotient(found, parabola), [12.0], rtol=1e-6)


def test_values_that_share_a_column_move_together_and_constant_ones_stay() -> None:
    found = difference_points(VALUES, np.array([4, 4, -1]), -NONE, NONE, 1e-5)
    assert found.columns.tolist() == [4]
    np.testing.assert_allclose(found.points[0, 0] - VALUES, [2e-5, 2e-5, 0.0], rtol=1e-6)
    np.testing.assert_allclose(quotient(found, parabola), [13.0], rtol=1e-8)


def test_a_step_is_a_part_of_the_value_and_itself_at_zero() -> None:
    found = difference_points(VALUES, np.array([0, 1, 2]), -NONE, NONE, 1e-3)
    steps = np.array([found.points[k, 0, k] - VALUES[k] for k in range(3)])
    np.testing.assert_allclose(steps, [2e-3, 5e-4, 1e-3], rtol=1e-9)
