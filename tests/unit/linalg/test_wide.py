"""Wide blocks have the triangles that narrow ones have, however many rows there are."""

from __future__ import annotations

import numpy as np
import pytest

from hpcfit.linalg.householder import triangularize
from hpcfit.linalg.wide import WIDE, WideFolding
from hpcfit.parallel.tree import merge_triangles


def drawn(columns: int, rows: int) -> np.ndarray:
    return np.random.default_rng(columns + rows).standard_normal((columns, rows))


@pytest.mark.parametrize("rows", [0, 1, WIDE // 2, WIDE + 7, 3 * WIDE])
@pytest.mark.parametrize("columns", [5, WIDE + 7])
def test_folding_keeps_the_products_of_columns(columns: int, rows: int) -> None:
    block, triangle = drawn(columns, rows), np.full((columns, columns), np.nan)
    products = block @ block.T
    WideFolding(columns).fold(block, triangle)
    np.testing.assert_allclose(triangle.T @ triangle, products, rtol=1e-12, atol=1e-11)
    assert not np.tril(triangle, -1).any()


@pytest.mark.parametrize("columns", [5, WIDE + 7])
def test_merging_adds_the_products_and_keeps_the_other(columns: int) -> None:
    pair = np.array([np.triu(drawn(columns, columns)), np.triu(drawn(columns, columns).T)])
    products, other = pair[0].T @ pair[0] + pair[1].T @ pair[1], pair[1].copy()
    merge_triangles(pair, np.array([[0, 1]]))
    np.testing.assert_allclose(pair[0].T @ pair[0], products, rtol=1e-12, atol=1e-11)
    np.testing.assert_array_equal(pair[1], other)


def test_columns_of_extreme_size_are_folded_as_by_the_loops() -> None:
    block = drawn(WIDE, WIDE)
    block[3] *= 1e200
    expected, found = np.empty((WIDE, WIDE)), np.empty((WIDE, WIDE))
    triangularize(block.copy(), expected)
    WideFolding(WIDE).fold(block, found)
    np.testing.assert_array_equal(found, expected)
    assert np.isfinite(found).all()


def test_what_is_not_a_number_spreads() -> None:
    block, triangle = drawn(WIDE, WIDE), np.empty((WIDE, WIDE))
    block[0, 5] = np.nan
    WideFolding(WIDE).fold(block, triangle)
    assert np.isnan(triangle[0]).all()
