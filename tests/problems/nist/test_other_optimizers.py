"""NIST problems by the other optimizers: six digits where convergence is claimed."""

from functools import cache

import nist_problems
import numpy as np
import pytest
from nist_problems import NistProblem

from hpcfit.optimize import OPTIMIZERS, DenseObjective

#: of lower, average and higher difficulty, quick ones
NAMES = ("Misra1a", "Chwirut1", "DanWood", "Kirby2", "Thurber", "Rat42", "Eckerle4", "Hahn1")
LEAST_SQUARES = ("lm", "scipy:trf", "scipy:dogbox", "scipy:lm")
OTHERS = ("scipy:L-BFGS-B", "scipy:BFGS", "scipy:CG", "scipy:TNC", "scipy:SLSQP", "scipy:Nelder-Mead")


@cache
def problem(name: str) -> NistProblem:
    return nist_problems.load(name)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("optimizer", LEAST_SQUARES)
def test_least_squares_by_triangles_has_six_digits_and_certified_errors(optimizer: str, name: str) -> None:
    known = problem(name)
    objective = DenseObjective(known.residual, known.jacobian, len(known.certified))
    found = OPTIMIZERS[optimizer].minimize(objective, known.starts[1])
    assert found.converged, found.reason
    assert known.digits(found.theta) >= 6
    np.testing.assert_allclose(found.standard_errors, known.standard_errors, rtol=1e-4)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("optimizer", OTHERS)
def test_methods_of_the_cost_claim_convergence_only_where_it_is(optimizer: str, name: str) -> None:
    known = problem(name)
    objective = DenseObjective(known.residual, known.jacobian, len(known.certified))
    options = OPTIMIZERS[optimizer].options(max_iterations=300, max_evaluations=1000)
    found = OPTIMIZERS[optimizer].minimize(objective, known.starts[1], options=options)
    if found.converged:
        assert known.digits(found.theta) >= 5.5, found.reason
    else:
        assert found.status in ("stalled", "max_iterations")
    if name in ("Misra1a", "DanWood"):
        assert found.converged, found.reason
