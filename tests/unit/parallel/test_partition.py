"""Ranges of chunks: nothing lost, the largest cost minimal."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcfit.parallel.partition import load_imbalance, partition


def _largest(costs: list[int], bounds: np.ndarray) -> int:
    return max(sum(costs[a:b]) for a, b in itertools.pairwise(bounds.tolist()))


def _smallest_possible(costs: list[int], size: int) -> int:
    cuts = itertools.combinations_with_replacement(range(len(costs) + 1), size - 1)
    return min(_largest(costs, np.array([0, *cut, len(costs)])) for cut in cuts)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=9), st.integers(1, 5))
def test_ranges_cover_all_chunks_with_the_smallest_possible_largest_cost(costs: list[int], size: int) -> None:
    bounds = partition(costs, size)
    assert bounds[0] == 0
    assert bounds[-1] == len(costs)
    assert len(bounds) == size + 1
    assert (np.diff(bounds) >= 0).all()
    assert _largest(costs, bounds) == _smallest_possible(costs, size)


def test_equal_costs_are_shared_equally() -> None:
    assert partition(np.ones(12), 4).tolist() == [0, 3, 6, 9, 12]


def test_ranks_beyond_the_number_of_chunks_get_none() -> None:
    assert np.diff(partition([2.0, 3.0], 8)).tolist().count(0) == 6


def test_the_last_rank_is_not_left_with_the_crumbs() -> None:
    # A greedy division at the smallest largest cost (4) would be 4, 4, 1.
    costs = np.ones(9)
    assert np.diff(partition(costs, 4)).max() == 3
    assert np.diff(partition(costs, 4)).min() == 2


def test_fractional_costs_of_very_different_size_are_divided() -> None:
    bounds = partition([1e-9, 1e3, 1e-9, 1e3], 2)
    assert bounds[1] in (2, 3)


@given(
    st.lists(st.integers(0, 50), min_size=1, max_size=8),
    st.lists(st.sampled_from([1.0, 3.0, 10.0, 100.0]), min_size=1, max_size=4),
)
def test_with_speeds_the_longest_time_is_the_shortest_possible(costs: list[int], speeds: list[float]) -> None:
    def longest(bounds: list[int]) -> float:
        ends = itertools.pairwise(bounds)
        return max(sum(costs[a:b]) / speed for (a, b), speed in zip(ends, speeds, strict=True))

    cuts = itertools.combinations_with_replacement(range(len(costs) + 1), len(speeds) - 1)
    possible = min(longest([0, *cut, len(costs)]) for cut in cuts)
    bounds = partition(costs, len(speeds), speeds).tolist()
    assert (bounds[0], bounds[-1], bounds) == (0, len(costs), sorted(bounds))
    if any(costs):
        assert longest(bounds) <= possible * (1.0 + 1e-4)


def test_ranks_of_one_speed_are_shared_out_as_without_speeds() -> None:
    costs = np.random.default_rng(0).random(50)
    for size in (1, 3, 7, 60):
        assert (partition(costs, size, np.full(size, 0.3)) == partition(costs, size)).all()


def test_a_rank_that_is_a_hundred_times_as_fast_gets_a_hundred_times_as_much() -> None:
    shares = np.diff(partition(np.ones(1020), 3, [1000.0, 10.0, 10.0]))
    assert shares.tolist() == [1000, 10, 10]


@pytest.mark.parametrize(("times", "expected"), [([1, 1, 1], 0.0), ([1, 2, 3], 0.5), ([0, 0], 0.0)])
def test_load_imbalance_is_slowest_over_mean_minus_one(times: list[float], expected: float) -> None:
    assert load_imbalance(times) == pytest.approx(expected)
