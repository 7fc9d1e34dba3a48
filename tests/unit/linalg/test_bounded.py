"""Bounded least squares, against SciPy's."""

import numpy as np
import pytest
from scipy.optimize import lsq_linear

from hpcfit.linalg.bounded import bounded_least_squares


def problem(seed):
    rng = np.random.default_rng(seed)
    p = int(rng.integers(1, 9))
    matrix = rng.normal(size=(p + rng.integers(0, 5), p)) * 10.0 ** rng.uniform(-3, 3, p)
    lower, upper = -np.abs(rng.normal(size=p)), np.abs(rng.normal(size=p))
    lower[rng.random(p) < 0.3] = -np.inf
    upper[rng.random(p) < 0.3] = np.inf
    lower[rng.random(p) < 0.2] = 0.0
    upper[(rng.random(p) < 0.2) & (lower < 0.0)] = 0.0
    return matrix, rng.normal(size=len(matrix)), lower, upper


@pytest.mark.parametrize("seed", range(200))
def test_reaches_the_minimum_that_scipy_reaches_within_the_bounds(seed):
    matrix, target, lower, upper = problem(seed)
    x, held = bounded_least_squares(matrix, target, lower, upper)
    expected = lsq_linear(matrix, target, (lower, upper), method="bvls", tol=1e-15).x
    reached = np.sum((matrix @ x - target) ** 2)
    assert reached <= np.sum((matrix @ expected - target) ** 2) + 1e-13 * np.sum(target**2)
    assert ((x >= lower) & (x <= upper)).all()
    assert ((x[held] == lower[held]) | (x[held] == upper[held])).all()


def test_without_active_bounds_it_is_ordinary_least_squares():
    matrix, target, _, _ = problem(7)
    wide = np.full(matrix.shape[1], np.inf)
    x, held = bounded_least_squares(matrix, target, -wide, wide)
    np.testing.assert_allclose(x, np.linalg.lstsq(matrix, target, rcond=None)[0])
    assert not held.any()
