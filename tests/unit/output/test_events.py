"""events.jsonl: deterministic apart from the clock, and as if never interrupted after a resumption."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hpcfit.output.events import EventLog, read_events, without_clock


def _event(iteration: int) -> dict[str, object]:
    return {"iteration": iteration, "loss": 1.0 / (iteration + 3), "theta": np.array([0.1, np.pi])}


def test_events_are_in_the_file_as_soon_as_they_are_appended(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with EventLog(path) as log:
        log.append(_event(0))
        [event] = read_events(path)
    assert event["loss"] == 1.0 / 3
    assert event["theta"] == [0.1, np.pi]
    assert set(event["clock"]) == {"time", "seconds"}


def test_a_resumed_file_is_as_if_never_interrupted(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole.jsonl", tmp_path / "parts.jsonl"
    with EventLog(whole) as log:
        for iteration in range(6):
            log.append(_event(iteration))
    with EventLog(parts) as log:
        for iteration in range(5):
            log.append(_event(iteration))
    with open(parts, "ab") as file:
        file.write(b'{"iteration": 5, "lo')
    with EventLog(parts, keep=2, elapsed=100.0) as log:
        for iteration in range(3, 6):
            log.append(_event(iteration))
    assert without_clock(read_events(parts)) == without_clock(read_events(whole))
    seconds = [event["clock"]["seconds"] for event in read_events(parts)]
    assert seconds[3] >= 100.0


def test_a_new_run_empties_the_file(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"iteration": 0}\n')
    EventLog(path).close()
    assert read_events(path) == []


def test_lines_after_a_broken_one_are_not_trusted(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"iteration": 0}\nnot json\n{"iteration": 2}\n')
    assert read_events(path) == [{"iteration": 0}]
    assert read_events(tmp_path / "missing.jsonl") == []
