"""Selections depend on tags, seed and identifiers, and on nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from hpcfit.data import select_tags, split_test
from hpcfit.errors import DataError

NAMES = [f"configuration {i}" for i in range(100)]


def test_tags_select_in_the_order_of_the_file():
    tag = ["a", "b", "", "a", "c"]
    assert select_tags(tag, None).tolist() == [0, 1, 2, 3, 4]
    assert select_tags(tag, ["c", "a"]).tolist() == [0, 3, 4]


def test_an_unknown_tag_is_refused_with_a_suggestion():
    with pytest.raises(DataError) as caught:
        select_tags(["AIMD", "Surface"], ["AMD"])
    assert str(caught.value) == "no configuration has the tag 'AMD'. Did you mean AIMD?"


def test_a_split_is_a_partition_of_the_size_asked_for():
    train, test = split_test(NAMES, 0.1, seed=3)
    assert len(test) == 10
    assert sorted([*train, *test]) == list(range(100))


def test_a_split_follows_the_identifiers_and_not_their_order():
    _, test = split_test(NAMES, 0.2, seed=3)
    shuffled = np.random.default_rng(0).permutation(100)
    _, again = split_test([NAMES[i] for i in shuffled], 0.2, seed=3)
    assert sorted(shuffled[again]) == test.tolist()


def test_a_split_changes_with_the_seed_and_is_the_same_for_ever():
    assert split_test(NAMES, 0.05, seed=0)[1].tolist() != split_test(NAMES, 0.05, seed=1)[1].tolist()
    # Written down when first computed: a run resumed after an update must not get other test data.
    assert split_test(NAMES, 0.05, seed=0)[1].tolist() == [10, 16, 50, 56, 87]


@pytest.mark.parametrize(
    ("names", "fraction", "message"),
    [
        (NAMES, 0.0, "test_fraction is 0.0; write a number between 0 and 1, such as 0.1."),
        (NAMES, 1.5, "test_fraction is 1.5; write a number between 0 and 1, such as 0.1."),
        (["a"], 0.1, "test_fraction 0.1 of 1 configurations leaves none to fit; write a smaller one."),
    ],
)
def test_a_split_that_leaves_a_part_empty_is_refused(names, fraction, message):
    with pytest.raises(DataError) as caught:
        split_test(names, fraction, seed=0)
    assert str(caught.value) == message
