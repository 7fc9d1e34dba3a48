"""Chunks of tables, and the objective that ties, transforms and shared columns have a part in."""

from __future__ import annotations

import numpy as np
import pytest

from hpcfit.problem.row_chunks import row_chunk_bounds


@pytest.mark.parametrize("rows", [1, 63, 64, 65, 1000, 123_457])
@pytest.mark.parametrize(("outputs", "columns"), [(1, 3), (2, 3), (1, 60)])
def test_chunks_cover_the_rows_and_are_taller_than_wide(rows: int, outputs: int, columns: int) -> None:
    bounds = row_chunk_bounds(rows, outputs, columns)
    assert bounds[0] == 0
    assert bounds[-1] == rows
    sizes = np.diff(bounds)
    assert (sizes > 0).all()
    assert (sizes[:-1] * outputs >= 2 * columns).all()
    assert (sizes * outputs <= 4096).all()


def test_the_memory_of_a_chunk_does_not_grow_with_the_rows() -> None:
    sizes = [np.diff(row_chunk_bounds(rows, 1, 3)).max() for rows in (10**6, 10**7, 10**8)]
    assert sizes[1:] == [4096, 4096]
