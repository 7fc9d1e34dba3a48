"""Sums and factors of residuals that have one loss, computed several at a time."""

from __future__ import annotations

import numpy as np
import pytest

from hpcfit.problem.loss import LOSSES
from hpcfit.problem.loss.kinds import rho, slopes
from hpcfit.problem.loss.run import LEAST_CURVATURE, sum_run, weigh_run

UNIT = 0.7
RANDOM = np.random.default_rng(2)
RESIDUALS = {
    "usual": 2.0 * RANDOM.normal(size=101),
    "tiny": 1e-9 * RANDOM.normal(size=101),
    "of all sizes": 10.0 ** RANDOM.uniform(-30, 140, size=101),
    "zero": np.zeros(5),
    "none": np.zeros(0),
}


@pytest.mark.parametrize("residual", RESIDUALS.values(), ids=RESIDUALS.keys())
@pytest.mark.parametrize("name", LOSSES)
def test_a_run_has_the_sums_and_factors_of_its_residuals(name: str, residual: np.ndarray) -> None:
    kind, z = LOSSES.index(name), (residual / UNIT) ** 2
    expected = sum(rho(kind, each) for each in z.tolist())
    assert sum_run(kind, UNIT, residual) == pytest.approx(UNIT**2 * expected, rel=1e-14, abs=0.0)
    roots, factors = np.empty_like(residual), np.empty_like(residual)
    weigh_run(kind, UNIT, residual, roots, factors)
    slope, bend = np.array([slopes(kind, each) for each in z.tolist()]).reshape(-1, 2).T
    np.testing.assert_allclose(roots * factors, slope, rtol=1e-12, atol=1e-150)
    near = z < 1e6  # further out nothing but rounding is left of the sum
    bent = np.maximum(slope[near] + 2.0 * (z * bend)[near], LEAST_CURVATURE * slope[near])
    np.testing.assert_allclose(roots[near] ** 2, bent, rtol=1e-9)


@pytest.mark.parametrize("name", LOSSES)
def test_what_is_not_a_number_makes_the_sum_none(name: str) -> None:
    assert np.isnan(sum_run(LOSSES.index(name), UNIT, np.array([1.0, np.nan, 2.0, 1e300, 3.0])))
