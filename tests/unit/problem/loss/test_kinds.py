"""The losses against scipy's, and the constants by which "mad" makes a scale of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize._lsq.least_squares import IMPLEMENTED_LOSSES
from scipy.stats import norm

from hpcfit.problem.loss import LOSSES, MAD, TUNING
from hpcfit.problem.loss.kinds import rho, slopes

ROBUST = LOSSES[1:]
Z = np.array([0.0, 1e-9, 0.3, 0.999, 1.001, 7.0, 1e6])


def terms(name: str, z: np.ndarray) -> np.ndarray:
    kind = LOSSES.index(name)
    return np.array([(rho(kind, each), *slopes(kind, each)) for each in z.tolist()]).T


@pytest.mark.parametrize("name", ["huber", "soft-l1", "cauchy", "arctan"])
def test_a_loss_is_the_one_of_scipy(name: str) -> None:
    expected = np.empty((3, len(Z)))
    IMPLEMENTED_LOSSES[name.replace("-", "_")](Z, expected, False)
    np.testing.assert_allclose(terms(name, Z), expected, rtol=1e-7, atol=1e-18)


def test_tukeys_biweight_is_constant_beyond_its_scale() -> None:
    inside, outside = np.array([0.0, 0.2, 0.9]), np.array([1.0, 5.0])
    np.testing.assert_allclose(terms("tukey", inside)[0], (1 - (1 - inside) ** 3) / 3, atol=1e-16)
    np.testing.assert_array_equal(terms("tukey", outside), [[1 / 3, 1 / 3], [0, 0], [0, 0]])


@pytest.mark.parametrize("name", LOSSES)
def test_derivatives_are_those_of_the_loss(name: str) -> None:
    z, h = np.array([0.3, 0.8, 2.5, 9.0]), 1e-5
    low, middle, high = (terms(name, z + shift) for shift in (-h, 0.0, h))
    np.testing.assert_allclose(middle[1:], (high[:2] - low[:2]) / (2 * h), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", ROBUST)
def test_gaussian_residuals_keep_95_percent_of_their_information(name: str) -> None:
    scale, kind = TUNING[name], LOSSES.index(name)

    def mean(function: object) -> float:
        inner = quad(lambda x: function(x) * norm.pdf(x), 0, scale)[0]  # type: ignore[operator]
        return 2 * (inner + quad(lambda x: function(x) * norm.pdf(x), scale, 12)[0])  # type: ignore[operator]

    def slope(x: float) -> float:
        z = (x / scale) ** 2
        first, second = slopes(kind, z)
        return float(first + 2 * z * second)

    squares = mean(lambda x: (x * slopes(kind, (x / scale) ** 2)[0]) ** 2)
    assert mean(slope) ** 2 / squares == pytest.approx(0.95, abs=1e-6)
    assert pytest.approx(1 / norm.ppf(0.75)) == MAD
