"""Splines as numbers, against SciPy's B-splines."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.interpolate import BSpline

from hpcfit.formula.spline_shape import SplineShape
from hpcfit.formula.spline_values import SplineValues

LOW, HIGH, KNOTS = 1.2, 5.1, 9
SHAPES = [SplineShape(KNOTS, LOW, HIGH, ends, sign) for ends, sign in product((False, True), (0, 1, -1))]


def parameters(shape: SplineShape) -> np.ndarray:
    found = np.random.default_rng(3).normal(size=shape.n_parameters)
    return np.abs(found) if shape.monotonic else found


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_inside_the_knots_a_spline_is_scipys_b_spline(shape: SplineShape) -> None:
    spline = SplineValues(shape)
    knots = LOW + shape.interval * np.arange(-3, KNOTS + 3)
    expected = BSpline(knots, spline.matrix @ parameters(shape), 3)
    x = np.linspace(LOW, HIGH - 1e-9, 333)
    for order in range(4):
        np.testing.assert_allclose(spline(parameters(shape), x, order), expected(x, order), rtol=0, atol=1e-9)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_outside_it_goes_on_as_a_line_or_is_zero_without_a_jump_in_the_curvature(shape: SplineShape) -> None:
    spline, own = SplineValues(shape), parameters(shape)
    for end, outside in ((LOW, np.array([-3.0, 0.5, LOW])), (HIGH, np.array([HIGH, 6.0, 40.0]))):
        value, slope = (spline(own, np.array(end), order) for order in (0, 1))
        np.testing.assert_allclose(spline(own, outside), value + slope * (outside - end), atol=1e-12)
        inner = end + (1e-9 if end == LOW else -1e-9)
        for order in (0, 1, 2):
            np.testing.assert_allclose(
                spline(own, np.array(inner), order), spline(own, np.array(end), order), atol=1e-6
            )
    if shape.ends_at_zero:
        assert not spline(own, np.array([HIGH, 6.0])).any()


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape.monotonic], ids=str)
def test_a_monotonic_spline_rises_or_falls_everywhere(shape: SplineShape) -> None:
    steps = np.diff(SplineValues(shape)(parameters(shape), np.linspace(0.0, 7.0, 999)))
    assert (shape.monotonic * steps >= -1e-13).all()


def test_weights_are_the_derivatives_by_the_parameters() -> None:
    for shape in SHAPES:
        spline, own = SplineValues(shape), parameters(shape)
        for x in (0.3, 1.7, 4.9, 5.6):
            for order in (0, 1):
                assert spline.weights(x, order) @ own == pytest.approx(float(spline(own, np.array(x), order)))


def test_a_fitted_spline_is_the_nearest_one() -> None:
    shape = SplineShape(15, 1.5, 5.0, True)
    found = SplineValues(shape).fitted(lambda x: (5.0 - x) ** 4 * np.exp(-x))
    x = np.linspace(1.5, 5.0, 99)
    np.testing.assert_allclose(SplineValues(shape)(found, x), (5.0 - x) ** 4 * np.exp(-x), atol=0.4)
    again = SplineValues(shape).fitted(lambda x: SplineValues(shape)(found, x))
    np.testing.assert_allclose(again, found, atol=1e-9)
    falling = SplineShape(15, 1.5, 5.0, True, monotonic=-1)
    steps = SplineValues(falling).fitted(lambda x: np.sin(3 * x) * (5.0 - x) ** 3)
    assert (steps >= 0.0).all()
    with pytest.raises(ValueError, match=r"it has no finite value at 1\.5\."):
        SplineValues(shape).fitted(lambda x: 1.0 / (x - 1.5))
