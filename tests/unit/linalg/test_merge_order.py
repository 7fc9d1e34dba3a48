"""The tree of merges depends on the number of chunks alone."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpcfit.linalg import MergeOrder, merge_sums
from hpcfit.linalg.householder import merge_pairs


@st.composite
def partitions(draw: st.DrawFn) -> np.ndarray:
    """Bounds of up to 12 holders of up to 70 chunks; holders may have none."""
    count = draw(st.integers(1, 70))
    inner = draw(st.lists(st.integers(0, count), max_size=11))
    return np.array([0, *sorted(inner), count], dtype=np.int64)


def merged_by_holders(items: np.ndarray, bounds: np.ndarray, merge: object) -> np.ndarray:
    """Every holder merges what it can of its own copy; only the roots reach the last holder."""
    order = MergeOrder(len(items))
    gathered = np.full_like(items, np.nan)
    for first, last in itertools.pairwise(bounds):
        own = items[first:last].copy()
        merge(own, order.pairs(first, last) - first)
        roots = order.roots(first, last)
        gathered[roots] = own[roots - first]
    merge(gathered, order.remaining(bounds))
    return gathered[0]


@settings(deadline=None)  # the first example compiles
@given(partitions(), st.integers(0, 10**6))
def test_sums_have_the_same_bits_for_any_partition(bounds: np.ndarray, seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=(bounds[-1], 3)) * 10.0 ** np.arange(3)
    whole = values.copy()
    merge_sums(whole, MergeOrder(len(values)).pairs(0, len(values)))
    assert merged_by_holders(values, bounds, merge_sums).tobytes() == whole[0].tobytes()
    np.testing.assert_allclose(whole[0], values.sum(axis=0), rtol=1e-9, atol=1e-9)


@settings(deadline=None)  # the first example compiles
@given(partitions(), st.integers(0, 10**6))
def test_triangles_have_the_same_bits_for_any_partition(bounds: np.ndarray, seed: int) -> None:
    triangles = np.triu(np.random.default_rng(seed).normal(size=(bounds[-1], 4, 4)))
    whole = triangles.copy()
    merge_pairs(whole, MergeOrder(len(triangles)).pairs(0, len(triangles)))
    assert merged_by_holders(triangles, bounds, merge_pairs).tobytes() == whole[0].tobytes()
    gram = np.einsum("cki,ckj->ij", triangles, triangles)
    np.testing.assert_allclose(whole[0].T @ whole[0], gram, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 8, 13])
def test_every_chunk_but_the_first_is_absorbed_once(count: int) -> None:
    pairs = MergeOrder(count).pairs(0, count)
    assert sorted(pairs[:, 1].tolist()) == list(range(1, count))


def test_a_range_keeps_at_most_two_roots_per_level() -> None:
    order = MergeOrder(1000)
    assert len(order.roots(1, 999)) <= 2 * 10
    assert order.roots(0, 1000).tolist() == [0]
    assert order.roots(5, 5).tolist() == []


def test_sums_follow_the_pairs_one_after_the_other() -> None:
    values = 10.0 ** np.arange(5.0)
    merge_sums(values, np.array([[0, 1], [2, 3], [0, 2], [0, 4]]))
    assert values.tolist() == [11111.0, 10.0, 1100.0, 1000.0, 10000.0]
    with pytest.raises(ValueError, match="must be contiguous"):
        merge_sums(np.zeros((4, 4))[:, :2], np.array([[0, 1]]))
