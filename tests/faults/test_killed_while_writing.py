"""kill -9 at any moment loses at most the iteration in progress."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np

from hpcfit.output.checkpoint import read_checkpoint
from hpcfit.output.events import read_events

PROGRAM = Path(__file__).parent / "programs" / "write_checkpoints.py"


def test_a_killed_run_goes_on_from_the_last_completed_iteration(tmp_path: Path) -> None:
    random = np.random.default_rng(7)
    paths = tmp_path / "checkpoint.h5", tmp_path / "checkpoint.previous.h5"
    for _ in range(12):
        completed = _run_and_kill(tmp_path, float(random.uniform(0.0, 0.05)))
        found, notes = read_checkpoint(*paths)
        assert notes == []
        assert found is not None
        assert found.iteration in (completed, completed + 1)
        theta = found.state["theta"]
        assert isinstance(theta, np.ndarray)
        assert (theta == found.iteration).all()
        iterations = [event["iteration"] for event in read_events(tmp_path / "events.jsonl")]
        # Gapless over all the interruptions; at most the event of the iteration in progress is ahead.
        assert iterations == list(range(len(iterations)))
        assert found.iteration + 1 <= len(iterations) <= found.iteration + 2


def _run_and_kill(folder: Path, seconds: float) -> int:
    """Kill the program some time after its first iteration; the last iteration it says it completed."""
    process = subprocess.Popen(
        [sys.executable, str(PROGRAM), str(folder)], stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert process.stdout is not None
    lines = [process.stdout.readline()]
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    lines += process.stdout.read().splitlines()
    process.stdout.close()
    process.wait()
    return max(int(line.split()[0]) for line in lines if line.strip())
