"""How fast ranks are beside each other, from what they did in which time."""

from __future__ import annotations

import numpy as np

from hpcfit.parallel.pace import ALIKE, Pace, paces


def test_ranks_of_one_kind_are_as_fast_as_their_median() -> None:
    kinds = ["gpu", "cpu", "cpu", "cpu"]
    assert paces(kinds, [100.0, 1.0, 1.0, 1.0], [1.0, 1.0, 0.5, 4.0]) == (100.0, 1.0, 1.0, 1.0)


def test_a_kind_that_had_nothing_to_do_is_as_fast_as_before() -> None:
    assert paces(["gpu", "cpu"], [100.0, 0.0], [0.5, 0.1], (150.0, 1.5)) == (200.0, 1.5)


def test_a_kind_that_never_had_anything_to_do_counts_as_the_slowest() -> None:
    assert paces(["gpu", "cpu", "old"], [100.0, 2.0, 0.0], [1.0, 1.0, 0.1]) == (100.0, 2.0, 2.0)
    assert paces(["gpu", "cpu"], [0.0, 0.0], [0.1, 0.1]) == (1.0, 1.0)


def test_nothing_known_is_all_alike() -> None:
    assert ALIKE.speeds_of(3).tolist() == [1.0, 1.0, 1.0]
    assert ALIKE.known_ranges(3, 10) is None


def test_ranges_of_before_hold_for_as_many_chunks_on_as_many_ranks() -> None:
    before = Pace(ranges=(0, 7, 7, 10))
    assert np.array_equal(before.known_ranges(3, 10), [0, 7, 7, 10])  # type: ignore[arg-type]
    assert before.known_ranges(2, 10) is None
    assert before.known_ranges(3, 11) is None
    assert Pace(ranges=(0, 7, 5, 10)).known_ranges(3, 10) is None
