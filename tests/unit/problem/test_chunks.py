"""Chunks cover the configurations, and depend on nothing but data and parameters."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hpcfit.problem.chunks import LARGEST, chunk_bounds


@given(st.lists(st.integers(1, 900), min_size=1, max_size=300), st.integers(0, 40))
def test_chunks_are_consecutive_and_none_is_empty(natoms, n_parameters):
    bounds = chunk_bounds(np.array(natoms), n_parameters)
    assert bounds[0] == 0
    assert bounds[-1] == len(natoms)
    assert (np.diff(bounds) > 0).all()


@given(st.lists(st.integers(1, 900), min_size=1, max_size=300))
def test_a_chunk_of_several_configurations_stays_below_the_largest_size(natoms):
    bounds = chunk_bounds(np.array(natoms), 7)
    for first, last in pairwise(bounds):
        assert last - first == 1 or sum(natoms[first:last]) <= LARGEST


def test_devices_get_chunks_that_are_larger_but_not_fewer_than_ranks_need():
    natoms = np.full(40_000, 100)
    on_cpu, on_device = chunk_bounds(natoms, 7), chunk_bounds(natoms, 7, on_device=True)
    assert len(on_cpu) > 7000
    assert len(on_device) - 1 == 257
    assert len(chunk_bounds(natoms, 300, on_device=True)) - 1 == 64
    few = np.full(200, 60)
    assert np.array_equal(chunk_bounds(few, 7), chunk_bounds(few, 7, on_device=True))


def test_many_parameters_make_chunks_with_more_rows_than_columns():
    bounds = chunk_bounds(np.full(1000, 10), 200)
    assert np.diff(bounds).min() * 30 >= 200


@given(st.lists(st.integers(1, 60), min_size=1, max_size=60), st.integers(0, 40))
def test_of_slow_configurations_each_is_a_chunk(natoms, n_parameters):
    assert chunk_bounds(np.array(natoms), n_parameters, slow=True).tolist() == list(range(len(natoms) + 1))


def test_of_many_slow_configurations_there_are_chunks_enough_for_thousands_of_ranks():
    bounds = chunk_bounds(np.full(100_000, 10), 5, slow=True)
    assert 4000 < len(bounds) < 9000
