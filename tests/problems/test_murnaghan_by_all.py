"""Murnaghan's equation from far away, by every local optimizer: the known minimum, or no claim."""

from __future__ import annotations

import numpy as np
import pytest
from known_problems import murnaghan

from hpcfit.optimize import OPTIMIZERS, OptimizerResult

LOCAL = [name for name, each in OPTIMIZERS.items() if each.bounds != "needed"]
#: steps of one length for all directions are too slow for a valley as narrow as this
UNABLE = {"adam", "scipy:COBYLA"}


def fit(name: str) -> OptimizerResult:
    problem = murnaghan()
    options = {"max_iterations": 200} if name == "scipy:COBYLA" else {}
    kind = OPTIMIZERS[name].options
    return OPTIMIZERS[name].minimize(problem.objective(), np.array(problem.start), options=kind(**options))


def test_derivatives_are_those_of_the_formula() -> None:
    problem = murnaghan()
    theta = np.array(problem.minimum)
    jacobian = problem.jacobian(theta)
    for k, size in enumerate(1e-5 * np.abs(theta)):
        step = size * np.eye(4)[k]
        difference = (problem.residual(theta + step) - problem.residual(theta - step)) / (2.0 * size)
        np.testing.assert_allclose(
            jacobian[:, k], difference, rtol=1e-5, atol=1e-5 * np.abs(difference).max()
        )


@pytest.mark.parametrize("name", LOCAL)
def test_the_known_minimum_or_no_claim(name: str) -> None:
    found = fit(name)
    assert np.isfinite(found.theta).all()
    assert found.converged == (name not in UNABLE), found.reason
    if found.converged:
        assert found.cost == pytest.approx(5.119885742e-06, rel=1e-9)
        np.testing.assert_allclose(found.theta, murnaghan().minimum, rtol=1e-6)
    else:
        assert found.status in ("stalled", "max_iterations")
