"""What the log of an analysis says of its progress."""

from __future__ import annotations

import pytest

from hpcfit.cli import progress
from hpcfit.cli.progress import shown


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_a_log_has_a_line_for_each_tenth_of_what_takes_long(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with shown("fits") as told:
        for done in range(1, 41):
            clock[0] += 1.0
            told(done, 40)
    lines = capsys.readouterr().err.splitlines()
    assert lines == [f"{done} of 40 fits done" for done in range(12, 41, 4)]


def test_what_is_quick_says_nothing(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    with shown("steps") as told:
        for done in range(1, 41):
            clock[0] += 0.1
            told(done, 40)
    assert capsys.readouterr().err == ""
