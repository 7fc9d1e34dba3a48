"""The distributed objective gives the same bits on any number of ranks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).parent / "programs" / "reduce.py"

pytestmark = pytest.mark.mpi


@pytest.mark.parametrize(("chunks", "ranks"), [(37, (2, 3, 5, 8)), (3, (2, 8))])
def test_every_result_has_the_same_bits_on_any_number_of_ranks(
    mpirun: Callable[..., Any], alone: Callable[..., Any], chunks: int, ranks: tuple[int, ...]
) -> None:
    expected = alone(PROGRAM, chunks, 5)
    assert expected.code == 0, expected.err
    assert len(expected.out.splitlines()) == 18
    for size in ranks:
        finished = mpirun(size, PROGRAM, chunks, 5)
        assert finished.code == 0, finished.err
        assert finished.out == expected.out, f"{size} ranks"
