"""What a fit says of its parameters: errors through ties and transforms, and what is worth a warning."""

from types import SimpleNamespace

import numpy as np
import pytest

from hpcfit.formula.potential import BoundPotential
from hpcfit.potentials import POTENTIALS
from hpcfit.problem.parameters import GivenParameter, PotentialInput, Prior, build_parameters
from hpcfit.workflow.fitted import (
    fitted_covariance,
    fitted_parameters,
    prior_loss,
    prior_warnings,
    tie_warnings,
)

SILICON = BoundPotential(POTENTIALS["stillinger-weber"](), ("Si",))
GIVEN = {
    ((), "A"): GivenParameter(7.0, 0.0, transform="log"),
    ((), "B"): GivenParameter(0.6, 0.0, 1.0),
    ((), "p"): GivenParameter(4.0),
    ((), "gamma"): GivenParameter(tie="2*A - B**2 + p", minimum=0.0),
    ((), "a"): GivenParameter(tie="B + 1.2"),
    ((), "lambda"): GivenParameter(tie="p*A"),
    ((), "sigma"): GivenParameter(tie="2.1*2"),
}
COVARIANCE = np.array([[4.0, 0.5, 0.1], [0.5, 1.0, -0.2], [0.1, -0.2, 9.0]]) * 1e-4


def prepared(given):
    inputs = (PotentialInput(SILICON, given),)
    parameters = build_parameters(inputs)
    return SimpleNamespace(model=SimpleNamespace(parameters=parameters), potentials=inputs)


def found(parameters, covariance, theta=None):
    errors = None if covariance is None else np.sqrt(np.diag(covariance))
    theta = parameters.start if theta is None else np.array(theta)
    return SimpleNamespace(theta=theta, covariance=covariance, standard_errors=errors, cost=3.0)


def errors(covariance):
    made = prepared(GIVEN)
    entries = fitted_parameters(made, found(made.model.parameters, covariance))
    return {q.name: q.standard_error for q in entries}


def test_errors_are_carried_through_ties_and_transforms_to_first_order():
    # theta is the logarithm of A, B and p; gamma moves with all three
    slopes = {"A": [7, 0, 0], "B": [0, 1, 0], "p": [0, 0, 1], "gamma": [14, -1.2, 1], "a": [0, 1, 0]}
    slopes["lambda"] = [28, 0, 7]
    expected = {name: np.sqrt(np.array(g) @ COVARIANCE @ np.array(g)) for name, g in slopes.items()}
    own = errors(COVARIANCE)
    assert {name: own[name] for name in expected} == pytest.approx(expected, rel=1e-14)
    assert own["sigma"] is None  # tied to nothing that is fitted
    assert own["q"] is None


def test_what_a_bound_holds_does_not_vary_and_what_is_undetermined_has_no_error():
    held = COVARIANCE.copy()
    held[1, :] = held[:, 1] = np.nan
    own = errors(held)
    assert own["B"] is None
    assert own["a"] is None
    assert own["lambda"] == errors(COVARIANCE)["lambda"]
    g = np.array([14.0, 1.0])
    assert own["gamma"] == pytest.approx(np.sqrt(g @ COVARIANCE[::2, ::2] @ g), rel=1e-14)
    undetermined = COVARIANCE.copy()
    undetermined[2, 2] = np.inf
    own = errors(undetermined)
    assert own["p"] is own["lambda"] is own["gamma"] is None
    assert own["a"] == errors(COVARIANCE)["a"]


def test_without_a_covariance_nothing_has_an_error():
    assert set(errors(None).values()) == {None}


def test_the_covariance_is_that_of_the_values():
    made = prepared(GIVEN)
    slopes = np.array([7.0, 1.0, 1.0])
    result = fitted_covariance(made, found(made.model.parameters, COVARIANCE))
    np.testing.assert_allclose(result, COVARIANCE * np.outer(slopes, slopes), rtol=1e-14)
    assert fitted_covariance(made, found(made.model.parameters, None)) is None


def test_a_tie_that_ends_where_it_makes_no_sense_is_told():
    parameters = prepared(GIVEN).model.parameters
    assert tie_warnings(parameters, parameters.start) == []
    assert tie_warnings(parameters, parameters.start + np.array([0.0, 0.0, -20.0])) == [
        "gamma, tied to 2*A - B**2 + p, ended at -2.36: below 0 it makes no sense. Bound what it is tied "
        "to, or fit it and tie another one to it."
    ]


def test_priors_are_told_of_when_the_data_are_measured_by_another_scale():
    known = {**GIVEN, ((), "p"): GivenParameter(4.0, prior=Prior(3.0, 1.0))}
    parameters = prepared(known).model.parameters
    end = found(parameters, COVARIANCE)
    assert prior_loss(parameters, end.theta) == 0.5
    assert prior_warnings(parameters, end, 2) == []  # of the cost 3, the data have 2
    advice = "than their sigma says. Weigh the data by one over their errors."
    assert prior_warnings(parameters, end, 20000) == [
        "The residuals of the data are 0.01 on average, while a prior takes 1 for one standard deviation: "
        "priors "
        f"count 100 times more {advice}"
    ]
    end.cost = 20001.0
    assert prior_warnings(parameters, end, 2)[0].endswith(f"priors count 100 times less {advice}")
    plain = prepared(GIVEN).model.parameters
    assert prior_loss(plain, plain.start) is None
    assert prior_warnings(plain, found(plain, COVARIANCE), 2) == []
