"""A fault on one rank ends all of them, soon, with one message and the right exit code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).parent / "programs" / "fail.py"

pytestmark = pytest.mark.mpi


@pytest.mark.parametrize(
    ("fault", "ranks", "message"),
    [
        ("exception", 3, "ZeroDivisionError: struck\nhpcfit: internal error on rank 1 of 3."),
        ("everywhere", 3, "ZeroDivisionError: struck\nhpcfit: internal error on rank 0 of 3."),
        ("thread", 3, "ZeroDivisionError: struck\nhpcfit: internal error on rank 1 of 3, thread helper."),
        ("exit", 2, "left by sys.exit(3) in the middle of a run"),
    ],
)
def test_an_internal_error_ends_all_ranks_with_70_and_one_traceback(
    mpirun: Callable[..., Any], fault: str, ranks: int, message: str
) -> None:
    finished = mpirun(ranks, PROGRAM, fault)
    assert finished.code == 70, finished.err
    assert message in finished.err
    assert finished.err.count("Traceback (most recent call last)") == 1


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("user-error", "hpcfit: rank 1 of 3: config-7: energy is NaN. Remove it."),
        ("set-up", "hpcfit: rank 1 of 3: part-1.h5: torn. Copy it again."),
        ("lock", "hpcfit: run: in use by another run."),
        ("root-error", "hpcfit: checkpoint.h5: no space. Make room."),
    ],
)
def test_an_error_for_the_user_ends_all_ranks_with_2_and_one_message(
    mpirun: Callable[..., Any], fault: str, message: str
) -> None:
    finished = mpirun(3, PROGRAM, fault)
    assert finished.code == 2, finished.err
    assert [line for line in finished.err.splitlines() if "hpcfit:" in line] == [message]
    assert "Traceback" not in finished.err


def test_a_killed_rank_ends_the_others(mpirun: Callable[..., Any]) -> None:
    assert mpirun(3, PROGRAM, "kill").code != 0


def test_a_signal_to_any_rank_stops_all_with_75(mpirun: Callable[..., Any]) -> None:
    finished = mpirun(3, PROGRAM, "signal")
    assert finished.code == 75, finished.err


def test_a_run_without_faults_ends_with_0(mpirun: Callable[..., Any]) -> None:
    finished = mpirun(3, PROGRAM, "none")
    assert finished.code == 0, finished.err
