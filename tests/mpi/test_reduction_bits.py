"""The distributed objective gives the same bits on any number of ranks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).parent / "programs" / "reduce.py"

Launch = Callable[..., Any]

pytestmark = pytest.mark.mpi


def test_every_result_has_the_same_bits_on_any_number_of_ranks(alone: Launch, on_ranks: Launch) -> None:
    arguments = (PROGRAM, 5, 37, 3)  # five parameters; chunks, many or fewer than ranks
    expected = alone(*arguments)
    assert expected.code == 0, expected.err
    assert len(expected.out.splitlines()) == 2 * 18
    for size in (2, 3, 4, 5):
        finished = on_ranks(size, *arguments)
        assert finished.code == 0, finished.err
        assert finished.out == expected.out, f"{size} ranks"
