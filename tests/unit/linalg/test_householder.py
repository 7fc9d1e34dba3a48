"""Triangles of blocks of any shape and size of entries."""

import numpy as np
import pytest

from hpcfit.linalg.householder import PANEL, merge_triangle, triangularize


def triangle_of(matrix: np.ndarray) -> np.ndarray:
    triangle = np.full((matrix.shape[1], matrix.shape[1]), np.nan)
    triangularize(matrix.T.copy(order="C"), triangle)
    return triangle


@pytest.mark.parametrize("rows", [0, 1, 3, 8, 100, PANEL, PANEL + 1, 3 * PANEL + 7])
def test_triangle_is_that_of_lapack_up_to_signs(rows: int) -> None:
    matrix = np.random.default_rng(rows).normal(size=(rows, 8))
    triangle = triangle_of(matrix)
    expected = np.zeros((8, 8))
    expected[: min(rows, 8)] = np.linalg.qr(matrix, mode="r")
    np.testing.assert_allclose(np.abs(triangle), np.abs(expected), atol=1e-12)
    np.testing.assert_array_equal(np.tril(triangle, -1), 0.0)


@pytest.mark.parametrize("rows", [1, 2, 3, 5])
def test_a_block_of_few_rows_and_many_columns_is_folded(rows: int) -> None:
    for seed in range(50):
        matrix = np.random.default_rng(seed).normal(size=(rows, 26 + seed))
        triangle = triangle_of(matrix)
        np.testing.assert_allclose(triangle.T @ triangle, matrix.T @ matrix, atol=1e-12)


def test_condition_number_is_not_squared() -> None:
    rng = np.random.default_rng(1)
    left, right = np.linalg.qr(rng.normal(size=(2000, 6)))[0], np.linalg.qr(rng.normal(size=(6, 6)))[0]
    singular = 10.0 ** -np.arange(0.0, 12.0, 2.0)
    found = np.linalg.svd(triangle_of(left * singular @ right), compute_uv=False)
    np.testing.assert_allclose(found, singular, atol=1e-14)


@pytest.mark.parametrize("size", [1e-300, 1e-200, 1e-160, 1e160, 1e200, 1e300])
def test_columns_of_extreme_size_keep_their_digits(size: float) -> None:
    matrix = np.random.default_rng(2).normal(size=(600, 4))
    sizes = np.array([size, 1.0, 1.0 / size, 1.0])
    np.testing.assert_allclose(
        triangle_of(matrix * sizes) / sizes, triangle_of(matrix), rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_merging_triangles_of_extreme_size_keeps_their_digits(size: float) -> None:
    rng = np.random.default_rng(3)
    first, second = np.triu(rng.normal(size=(2, 4, 4)))
    sizes = np.array([size, 1.0, 1.0 / size, 1.0])
    merged, expected = first * sizes, first.copy()
    merge_triangle(merged, second * sizes)
    merge_triangle(expected, second)
    np.testing.assert_allclose(np.abs(merged / sizes), np.abs(expected), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("column", [0, 2, 4])
def test_what_is_not_finite_stays_visible(bad: float, column: int) -> None:
    matrix = np.random.default_rng(4).normal(size=(700, 5))
    matrix[650, column] = bad
    assert not np.isfinite(triangle_of(matrix)).all()


def test_zero_columns_give_zeros() -> None:
    matrix = np.random.default_rng(5).normal(size=(50, 3))
    matrix[:, 1] = 0.0
    triangle = triangle_of(matrix)
    np.testing.assert_array_equal(triangle[:, 1], 0.0)
    np.testing.assert_allclose(triangle.T @ triangle, matrix.T @ matrix, atol=1e-12)


def test_same_block_gives_the_same_bits() -> None:
    matrix = np.random.default_rng(6).normal(size=(1234, 8))
    assert len({triangle_of(matrix).tobytes() for _ in range(5)}) == 1
