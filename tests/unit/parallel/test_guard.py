"""On one process, too, an internal error ends with exit code 70 and its traceback."""

from __future__ import annotations

import sys
import threading

import pytest

from hpcfit.errors import EXIT_INTERNAL, EXIT_STOPPED_EARLY, RunError
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.parallel.guard import guard


def test_an_exception_becomes_exit_70_and_a_traceback_naming_the_rank(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as left, guard(SerialCommunicator()):
        raise ZeroDivisionError("in a kernel")
    assert left.value.code == EXIT_INTERNAL
    text = capsys.readouterr().err
    assert "ZeroDivisionError: in a kernel" in text
    assert "internal error on rank 0 of 1" in text


def test_sys_exit_in_the_middle_of_a_run_is_an_internal_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left, guard(SerialCommunicator()):
        sys.exit(3)
    assert left.value.code == EXIT_INTERNAL
    assert "left by sys.exit(3) in the middle of a run" in capsys.readouterr().err


def test_an_error_for_the_user_passes_through() -> None:
    with pytest.raises(RunError, match="locked"), guard(SerialCommunicator()):
        raise RunError("locked")


def test_a_second_ctrl_c_ends_as_stopped_early() -> None:
    with pytest.raises(SystemExit) as left, guard(SerialCommunicator()):
        raise KeyboardInterrupt
    assert left.value.code == EXIT_STOPPED_EARLY


def test_the_hooks_are_put_back() -> None:
    before = sys.excepthook, threading.excepthook
    with guard(SerialCommunicator()):
        assert threading.excepthook is not before[1]
    assert (sys.excepthook, threading.excepthook) == before
