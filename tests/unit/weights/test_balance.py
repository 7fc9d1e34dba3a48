"""Factors by which tags come to the same influence, or to given shares of it."""

import math
import random

import numpy as np
import pytest
from weighed import survey

from hpcfit.errors import DataError, JobError
from hpcfit.weights import BalancedWeights, Survey

ENTRIES = [
    ("a", "bulk", (0, 2), -8.0, (0.25, 1.5, 0.0)),
    ("b", "bulk", (0, 2), -8.0, (0.25, 1.5, 1.5)),
    ("c", "slab", (0, 1), -4.0, (1.0, 3.0, 0.0)),
    ("d", "", (0, 1), -3.0, (1.0, 0.0, 0.0)),
]


def influence(scheme, entries):
    """Influence of each tag with the weights of a scheme."""
    found = {}
    for identifier, tag, _, _, own in entries:
        weight = scheme.weights(type("Stub", (), {"identifier": identifier, "tag": tag}))
        factors = weight.config * np.array([weight.energy, weight.forces, weight.stress])
        found[tag] = found.get(tag, 0.0) + float(factors**2 @ np.array(own))
    return found


def test_every_tag_has_the_same_influence_and_all_together_what_they_had():
    base = BalancedWeights(config=2.0, energy=10.0, forces=0.5, stress=3.0)
    before = sum(4 * (100 * energy + 0.25 * forces + 9 * stress) for *_, (energy, forces, stress) in ENTRIES)
    found = influence(base.surveyed(survey(ENTRIES)), ENTRIES)
    assert found == pytest.approx(dict.fromkeys(("bulk", "slab", ""), before / 3), rel=1e-14)


def test_the_factor_of_a_tag_by_hand():
    scheme = BalancedWeights().surveyed(survey(ENTRIES))
    # bulk has 5, slab 4, the untagged 1: 10 together
    expected = {"bulk": math.sqrt(10 / 3 / 5), "slab": math.sqrt(10 / 3 / 4), "": math.sqrt(10 / 3 / 1)}
    assert dict(scheme.factors) == pytest.approx(expected, rel=1e-15)


def test_shares_are_relative_to_the_tags_that_are_not_named():
    found = influence(BalancedWeights(shares={"slab": 3.0}).surveyed(survey(ENTRIES)), ENTRIES)
    assert found == pytest.approx({"bulk": 2.0, "slab": 6.0, "": 2.0}, rel=1e-14)


def test_quantities_of_weight_zero_do_not_count():
    found = BalancedWeights(forces=0.0, stress=0.0).surveyed(survey(ENTRIES)).factors
    assert dict(found) == pytest.approx(
        {"bulk": math.sqrt(2.5 / 3 / 0.5), "slab": math.sqrt(2.5 / 3), "": math.sqrt(2.5 / 3)}, rel=1e-15
    )


def test_the_order_of_configurations_makes_no_difference_to_a_bit():
    generator = random.Random(1)
    entries = [
        (f"{k}", "ab"[k % 2], (0, 1), -1.0, (generator.random(), generator.random() * 1e3, 1e-9 * k))
        for k in range(99)
    ]
    expected = BalancedWeights(energy=3.3).surveyed(survey(entries)).factors
    for _ in range(5):
        generator.shuffle(entries)
        half = len(entries) // 2
        joined = Survey.joined([survey(entries[:half]), survey(entries[half:])])
        assert BalancedWeights(energy=3.3).surveyed(joined).factors == expected


def test_a_tag_that_has_no_influence_is_refused():
    with pytest.raises(DataError) as caught:
        BalancedWeights(energy=0.0).surveyed(survey(ENTRIES))
    assert str(caught.value) == (
        "tag '': none of its configurations has a residual of a weight above 0, so it cannot be given a "
        "share; leave it out by data.tags, or give a weight to what it has references for."
    )


def test_shares_of_tags_that_do_not_occur_and_that_are_no_numbers_are_refused():
    with pytest.raises(JobError) as caught:
        BalancedWeights(shares={"slap": 1.0, "bulk": 2.0}).surveyed(survey(ENTRIES))
    assert caught.value.problems == (
        "weights.shares.slap: no selected configuration has this tag. Did you mean slab?",
    )
    with pytest.raises(JobError) as caught:
        BalancedWeights(shares={"a": 0.0, "b": True, "c": math.inf})
    assert caught.value.problems == (
        "weights.shares.a: a number above 0 is expected, not 0.0.",
        "weights.shares.b: a number above 0 is expected, not True.",
        "weights.shares.c: a number above 0 is expected, not inf.",
    )
