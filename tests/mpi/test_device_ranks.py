"""Ranks with devices: the same bits on any number of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from emulated import compiler_missing

PROGRAM = Path(__file__).parent / "programs" / "fit_on_devices.py"

pytestmark = [
    pytest.mark.mpi,
    pytest.mark.skipif(compiler_missing() is not None, reason=str(compiler_missing())),
]


def test_a_fit_on_devices_has_the_same_bits_on_any_number_of_ranks(
    mpirun: Callable[..., Any], alone: Callable[..., Any], silicon: Any
) -> None:
    silicon.write()
    finished = alone(PROGRAM, silicon.path, timeout=200.0)
    assert finished.code == 0, finished.err
    assert "on 1 rank" in finished.out
    expected = silicon.outcome()
    for ranks in (2, 3):
        silicon.write(('folder = "run"', f'folder = "run{ranks}"'))
        finished = mpirun(ranks, PROGRAM, silicon.path, timeout=200.0)
        assert finished.code == 0, finished.err
        assert "device cuda" in finished.out
        silicon.run.rename(silicon.folder / f"run{ranks - 1}-done")
        (silicon.folder / f"run{ranks}").rename(silicon.run)
        assert silicon.outcome() == expected
