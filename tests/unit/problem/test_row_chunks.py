"""Chunks of tables: enough of them to spread, and not more triangles than memory is for."""

from __future__ import annotations

import numpy as np
import pytest

from hpcfit.problem.row_chunks import FEWEST, TRIANGLES, row_chunk_bounds


@pytest.mark.parametrize(("rows", "outputs"), [(0, 1), (1, 2), (50, 1), (10_000, 3)])
def test_chunks_cover_all_rows(rows: int, outputs: int) -> None:
    bounds = row_chunk_bounds(rows, outputs, 3)
    assert bounds[0] == 0
    assert bounds[-1] == rows
    assert (np.diff(bounds) > 0).all()


def test_few_columns_have_chunks_that_stay_in_the_cache() -> None:
    assert np.diff(row_chunk_bounds(10_000_000, 1, 3)).max() == 4096


@pytest.mark.parametrize(("columns", "rows"), [(200, 10_000_000), (1000, 100_000), (3000, 1_000_000)])
def test_many_columns_have_few_triangles(columns: int, rows: int) -> None:
    chunks = len(row_chunk_bounds(rows, 1, columns)) - 1
    assert FEWEST <= chunks <= max(FEWEST, TRIANGLES // (columns + 1) ** 2)
