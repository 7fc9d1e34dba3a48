"""Extrapolated differences find the scale on which a function bends."""

import numpy as np
import pytest

from hpcfit.problem.extrapolated import directional_derivative

DIRECTION = np.array([1.0, -0.7, 0.4])


@pytest.mark.parametrize("scale", [1e-4, 1e-2, 1.0, 1e2])
def test_derivatives_on_any_scale_are_right_to_1e_8(scale):
    point = scale * np.array([1.0, -0.8, 0.5])

    def function(x):
        return np.concatenate([np.abs(x) ** 1.5, x / np.sqrt(1 + (x / scale) ** 2), [np.linalg.norm(x)]])

    slopes = np.concatenate(
        [1.5 * np.sqrt(np.abs(point)) * np.sign(point), (1 + (point / scale) ** 2) ** -1.5]
    )
    expected = np.append(slopes * np.tile(DIRECTION, 2), point @ DIRECTION / np.linalg.norm(point))
    found, error = directional_derivative(function, point, DIRECTION)
    np.testing.assert_allclose(found, expected, rtol=1e-8)
    assert (np.abs(found - expected) <= 10 * error + 1e-12).all()


def test_an_affine_function_is_left_after_a_few_levels():
    calls = []

    def function(x):
        calls.append(1)
        return 3.0 * x - 1.0

    found, _ = directional_derivative(function, np.array([-300.0, 0.1, 2.0]), DIRECTION)
    np.testing.assert_allclose(found, 3.0 * DIRECTION, rtol=1e-11)
    assert len(calls) <= 10


def test_a_kink_next_to_the_point_is_seen():
    found, _ = directional_derivative(np.abs, np.array([1e-3]), np.array([1.0]))
    assert found == pytest.approx([1.0], rel=1e-9)
