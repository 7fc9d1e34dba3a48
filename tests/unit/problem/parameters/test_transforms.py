"""Transforms: where the variable starts and ends, its slope, and what cannot be transformed."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpcfit.errors import JobError
from hpcfit.formula.potential import BoundPotential
from hpcfit.potentials import POTENTIALS
from hpcfit.problem.parameters import GivenParameter, PotentialInput, Prior, build_parameters
from hpcfit.problem.parameters.transform import START, make_transform

SILICON = BoundPotential(POTENTIALS["stillinger-weber"](), ("Si",))
REACH = st.floats(-30.0, 30.0)


def build(**words):
    return build_parameters([PotentialInput(SILICON, {((), "A"): GivenParameter(**words)})])


@settings(deadline=None)
@given(st.floats(1e-6, 1e6), REACH)
def test_the_logarithm_starts_exactly_and_its_slope_is_that_of_its_value(initial, reach):
    log = make_transform("log", initial, 0.0, math.inf)
    assert log.value(START) == initial
    assert log.value(START + reach) == pytest.approx(initial * math.exp(reach), rel=1e-13)
    assert log.slope(START + reach) == pytest.approx(log.value(START + reach), rel=1e-13)


@settings(deadline=None)
@given(st.floats(-5.0, 5.0), st.floats(1e-3, 10.0), st.floats(0.01, 0.99), REACH)
def test_the_logit_starts_exactly_stays_within_and_has_the_slope_of_its_value(low, width, share, reach):
    high, initial = low + width, low + share * width
    logit = make_transform("logit", initial, low, high)
    assert logit.value(START) == initial
    theta = START + reach
    u = 1.0 / (1.0 + math.exp(-(reach + math.log(share / (1.0 - share)))))
    assert logit.value(theta) == pytest.approx(low + width * u, rel=1e-9, abs=1e-9 * width)
    assert low <= logit.value(theta) <= high
    assert logit.slope(theta) == pytest.approx(width * u * (1.0 - u), rel=1e-6)


def test_the_variable_is_found_from_its_value_and_is_infinite_at_a_limit() -> None:
    log, logit = make_transform("log", 2.0, 0.0, 9.0), make_transform("logit", 2.0, 1.0, 5.0)
    assert log.value(log.theta(0.3)) == pytest.approx(0.3, rel=1e-15)
    assert logit.value(logit.theta(4.9)) == pytest.approx(4.9, rel=1e-15)
    assert (log.theta(0.0), logit.theta(1.0), logit.theta(5.0)) == (-math.inf, -math.inf, math.inf)
    assert (log.theta(2.0), logit.theta(2.0)) == (START, START)


def test_bounds_of_a_logarithm_are_met_exactly_and_zero_is_none():
    made = build(initial=2.0, minimum=0.1, maximum=30.0, transform="log")
    assert made.start.tolist() == [START]
    assert made.free_values(made.start).tolist() == [2.0]
    assert made.free_values(made.lower).tolist() == [0.1]
    assert made.free_values(made.upper).tolist() == [30.0]
    free = build(initial=2.0, minimum=0.0, transform="log")
    assert (free.lower.tolist(), free.upper.tolist()) == ([-math.inf], [math.inf])


def test_a_logit_has_no_bounds_left_and_meets_them_at_infinity():
    made = build(initial=2.0, minimum=1.0, maximum=5.0, transform="logit")
    assert (made.lower.tolist(), made.upper.tolist()) == ([-math.inf], [math.inf])
    assert made.free_values(np.array([-1e9])).tolist() == [1.0]
    assert made.free_values(np.array([1e9])).tolist() == [5.0]
    assert made.slopes(np.array([1e9])).sum() == 0.0


def test_far_out_a_logarithm_overflows_without_an_exception():
    made = build(initial=2.0, transform="log")
    assert made.free_values(np.array([1e9])).tolist() == [math.inf]


def test_transformed_parameters_are_called_by_their_transform():
    assert build(initial=2.0, transform="log").labels == ("log A",)


def test_the_width_of_a_prior_is_that_of_the_variable():
    made = build(initial=2.0, transform="log", prior=Prior(2.0, 0.5))
    assert made.widths.tolist() == [0.25]


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (
            {"initial": -1.0, "transform": "log"},
            'transform = "log" needs a start above 0, not -1.0. Give another one, or no transform.',
        ),
        (
            {"initial": 1.0, "minimum": 0.0, "transform": "logit"},
            'transform = "logit" needs a min and a max. Give both, or no transform.',
        ),
        (
            {"initial": 1.0, "minimum": 1.0, "maximum": 2.0, "transform": "logit"},
            'transform = "logit" needs a start between min 1.0 and max 2.0, not 1.0. Give another one.',
        ),
    ],
)
def test_what_cannot_be_transformed_is_told(words, fault):
    with pytest.raises(JobError) as caught:
        build(**words)
    assert str(caught.value) == f"potential[0].parameters.A: {fault}"
