"""Groups of chunks, parts of blocks, and who keeps the geometry."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hpcfit.data import configuration, gather
from hpcfit.geometry import build_geometry
from hpcfit.problem.geometry_keeper import MARGIN, SHORTEST, GeometryKeeper
from hpcfit.problem.groups import part_of, runs_below, species_index
from hpcfit.problem.memory import MemoryPlan


@given(st.lists(st.integers(0, 50), min_size=1, max_size=40), st.integers(1, 200), st.integers(1, 5))
def test_runs_cover_all_chunks_and_stay_below_the_limit_or_have_one_chunk(bonds, most, width):
    bounds = np.array([*range(0, len(bonds), width), len(bonds)])
    weights = np.array(bonds, dtype=float)
    runs = runs_below(bounds, weights, most)
    assert runs[0][0] == 0
    assert runs[-1][1] == len(bounds) - 1
    assert all(a[1] == b[0] for a, b in pairwise(runs))
    for first, last in runs:
        assert last == first + 1 or weights[bounds[first] : bounds[last]].sum() <= most


def test_no_limit_is_one_group_and_a_small_one_a_group_per_chunk(problem):
    whole = problem.objective(MemoryPlan(True, True, np.inf, 0))
    pieces = problem.objective(MemoryPlan(False, False, 0.0, 0))
    assert [group.n_chunks for group in whole.groups] == [4]
    assert [group.n_chunks for group in pieces.groups] == [1, 1, 1, 1]
    assert whole.n_chunks == pieces.n_chunks == 4
    assert whole.n_residuals == pieces.n_residuals


def test_an_empty_share_has_no_groups_and_empty_results(make_problem):
    empty = make_problem(gather([]), (0,)).objective()
    triangles, sums = empty.linearize(np.array([0.02, 4.4]))
    assert triangles.shape == (0, 3, 3)
    assert sums.shape == empty.cost(np.array([0.02, 4.4])).shape == (0, 2)
    assert empty.curvature(np.array([0.02, 4.4]), np.ones(2), 0.1).shape == (0, 2)


def test_a_part_of_a_block_is_the_same_configurations(problem):
    part = part_of(problem.block, 2, 5)
    assert part.identifier == problem.block.identifier[2:5]
    for c in range(3):
        mine, whole = part.configuration(c), problem.block.configuration(c + 2)
        assert mine.energy == whole.energy
        np.testing.assert_array_equal(mine.positions, whole.positions)
        assert (mine.forces is None) == (whole.forces is None)


def test_species_are_indices_into_the_list_of_the_model():
    block = gather([configuration("a", [6, 14, 6], np.eye(3) * 3)])
    assert species_index(block, ("Si", "Ge", "C")).tolist() == [2, 0, 2]


def keeper(block, **options):
    return GeometryKeeper(block, species_index(block, ("Ar",)), **options)


def test_lists_of_a_moving_cutoff_have_a_margin_and_are_rebuilt_when_it_is_used_up(problem):
    made = keeper(problem.block, moving=True)
    first = made.at(4.0)
    assert first.cutoff == 4.0 * MARGIN
    assert made.at(4.0 * MARGIN) is first
    assert made.at(3.0) is first
    assert made.at(4.5).cutoff == 4.5 * MARGIN


def test_lists_of_a_fixed_cutoff_have_none(problem):
    assert keeper(problem.block, moving=False).at(4.0).cutoff == 4.0


def test_without_keeping_lists_are_made_each_time(problem):
    made = keeper(problem.block, moving=False, keep=False)
    assert made.at(4.0) is not made.at(4.0)


def test_a_geometry_that_was_built_before_is_used(problem):
    made = keeper(problem.block, moving=False)
    geometry = build_geometry(problem.block, made.species, 4.0)
    made.hold(geometry)
    assert made.at(4.0) is geometry


def test_a_model_without_bonds_gets_empty_lists(problem):
    geometry = keeper(problem.block, moving=False).at(0.0)
    assert geometry.cutoff == SHORTEST
    assert len(geometry.distance) == 0


def test_predictions_have_the_same_bits_whatever_the_margin(problem):
    values = np.array([0.02, 4.6])
    lists = [keeper(problem.block, moving=False).at(length) for length in (4.6, 5.06, 7.0)]
    predictions = [problem.model.predict(each, values).tobytes() for each in lists]
    assert len(set(predictions)) == 1
