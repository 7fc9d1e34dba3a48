"""Programs that fit from Python under mpirun: the same on every rank, and an end when anything fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.mpi
PROGRAMS = Path(__file__).parent / "programs"
Launch = Callable[..., Any]


def test_every_rank_gets_the_same_fit_with_the_bits_of_one_process(
    mpirun: Launch, alone: Launch, silicon: Any, tmp_path: Path
) -> None:
    texts = set()
    for place, (ranks, data) in enumerate([(1, "file"), (2, "file"), (3, "memory")]):
        out = tmp_path / str(place)
        out.mkdir()
        launch = alone if ranks == 1 else lambda *a, n=ranks: mpirun(n, *a)
        finished = launch(PROGRAMS / "fit_silicon.py", silicon.folder, data, out)
        assert finished.code == 0, finished.err
        assert finished.out.count("\nresults in") == 0
        assert finished.out.count("iteration    0") == 1
        written = [path.read_text() for path in out.iterdir()]
        assert len(written) == ranks
        texts |= set(written)
    assert len(texts) == 1


@pytest.fixture
def fail(mpirun: Launch, silicon: Any) -> Launch:
    """fail(way): the end of a program that goes wrong on two ranks."""
    scratch = {"TMPDIR": str(silicon.folder)}  # ranks that are aborted leave their folder behind
    program = PROGRAMS / "fail_from_python.py"
    return lambda way: mpirun(2, program, silicon.folder, way, environment=scratch, timeout=40.0)


def test_an_error_that_nobody_catches_is_one_message_and_an_exit_code(fail: Launch) -> None:
    finished = fail("bad argument")
    assert finished.code != 0
    message = "fit(): weights: unknown weight scheme 'constnt'. Did you mean constant?"
    assert finished.err.count(message) == 1
    assert finished.err.count("Traceback") == 1


def test_an_error_that_is_caught_costs_nothing(fail: Launch) -> None:
    finished = fail("caught")
    assert finished.code == 0, finished.err
    assert finished.out.count("went on with loss") == 2


def test_ranks_with_different_arguments_are_told(fail: Launch) -> None:
    finished = fail("other arguments")
    assert finished.code != 0
    assert (
        "fit(): rank 1 was given other arguments than rank 0: potential[0].parameters.A.initial. Every rank "
        "must make the same call; draw random numbers with one seed." in finished.err
    )


def test_a_residual_that_fails_on_one_rank_is_an_error_on_all(fail: Launch) -> None:
    finished = fail("residual")
    assert finished.code != 0
    assert finished.err.count("no residual today") == 1


def test_an_interrupt_inside_one_rank_ends_all(fail: Launch) -> None:
    assert fail("inside").code != 0


def test_an_exception_of_the_program_on_one_rank_ends_all(fail: Launch) -> None:
    finished = fail("one rank")
    assert finished.code != 0
    assert finished.err.count("ValueError: only here") == 1
    assert (
        "hpcfit: rank 1 of 2 ended with this exception and the others did not; all of them are ended."
        in finished.err
    )


def test_an_exception_of_the_program_on_every_rank_is_told_once(fail: Launch) -> None:
    finished = fail("every rank")
    assert finished.code != 0
    assert finished.err.count("ValueError: everywhere") == 1
    assert "ended with this exception" not in finished.err


def test_progress_that_fails_on_rank_0_is_an_error_on_all(fail: Launch) -> None:
    finished = fail("progress")
    assert finished.code != 0
    assert finished.err.count("fit(): progress failed at iteration 0") == 1


def test_a_call_that_one_rank_makes_alone_is_an_error_and_no_hang(fail: Launch) -> None:
    finished = fail("fit on one rank")
    assert finished.code != 0
    message = (
        "hpcfit.errors.RunError: rank 0 has come to fit(), but rank 1 to the end of the program. Every "
        "rank must make the same calls of hpcfit: ask for no rank before them."
    )
    assert finished.err.count(message) == 1


def test_ranks_that_make_different_calls_are_told(fail: Launch) -> None:
    finished = fail("other call")
    assert finished.code != 0
    assert finished.err.count("rank 0 has come to predict(), but rank 1 to fit().") == 1
