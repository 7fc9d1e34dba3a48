"""The log: times in the file, plain flushed lines in a batch, one live line on a terminal."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from hpcfit.output.log import RunLog, iteration_line

EVENT = {
    "iteration": 7,
    "loss": 3627.188578,
    "accepted": False,
    "damping": 0.0,
    "radius": 1.25,
    "velocity_norm": 0.5,
    "relative_offset": None,
}


class Terminal(io.StringIO):
    """A stream that counts flushes."""

    def __init__(self) -> None:
        super().__init__()
        self.flushes = 0

    def flush(self) -> None:
        self.flushes += 1


def test_a_batch_gets_one_flushed_line_an_iteration(tmp_path: Path) -> None:
    stream = Terminal()
    with RunLog(tmp_path / "log.txt", stream) as log:
        for k in range(3):
            log.iteration({**EVENT, "iteration": k})
            assert len(stream.getvalue().splitlines()) == k + 1
            assert stream.flushes >= k + 1


def test_the_line_has_a_constant_shape() -> None:
    assert iteration_line(EVENT) == (
        "iteration    7  loss  3.6271885780e+03  offset         -  step  5.00e-01  radius  1.25e+00"
        "  damping  0.0e+00  rejected"
    )


def test_the_file_has_a_time_on_every_line_and_grows_over_resumptions(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    for _ in range(2):
        with RunLog(path, io.StringIO()) as log:
            log.say("two\nlines")
            log.note("only here")
    lines = path.read_text().splitlines()
    assert len(lines) == 6
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d  \S", line) for line in lines)


def test_a_note_is_for_the_file_alone(tmp_path: Path) -> None:
    stream = io.StringIO()
    with RunLog(tmp_path / "log.txt", stream) as log:
        log.note("detail")
        log.say("message")
    assert stream.getvalue() == "message\n"


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_terminal_gets_a_live_line_that_is_gone_at_the_end(tmp_path: Path) -> None:
    stream = io.StringIO()
    with RunLog(tmp_path / "log.txt", stream, live=True) as log:
        log.iteration(EVENT)
        log.iteration({**EVENT, "iteration": 8})
        log.say("a message with [brackets]")
        log.end_iterations()
        log.say("summary")
    assert "a message with [brackets]" in stream.getvalue()
    assert stream.getvalue().endswith("summary\n")
    assert (tmp_path / "log.txt").read_text().count("iteration") == 2
