"""Ranks that are not alike: chunks by measured speed, recorded for a run that goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).parent / "programs" / "fit_mixed.py"

pytestmark = pytest.mark.mpi


def test_slow_ranks_get_less_and_the_same_when_the_run_goes_on(
    mpirun: Callable[..., Any], alone: Callable[..., Any], silicon: Any
) -> None:
    silicon.write(("[run]", "[optimizer]\nmax_iterations = 2\n\n[run]"))
    finished = mpirun(2, PROGRAM, silicon.path)
    assert finished.code == 1, finished.err
    record = json.loads((silicon.run / "spread.json").read_text())
    assert record["devices"] == ["fast", "cpu"]
    first, middle, last = record["ranges"][0]
    assert (first, last) == (0, 6)
    assert middle >= 5
    assert "device cuda on 1 rank, cpu on 1" in finished.out
    assert "work by measured speed: " in finished.out

    other = {**record, "ranges": [[0, 3, 6]]}
    (silicon.run / "spread.json").write_text(json.dumps(other))
    silicon.write()
    finished = mpirun(2, PROGRAM, silicon.path)
    assert finished.code == 0, finished.err
    assert json.loads((silicon.run / "spread.json").read_text()) == other
    assert "work as before: " in finished.out
    mixed = silicon.outcome()

    (silicon.run / "result.json").unlink()
    (silicon.run / "checkpoint.h5").unlink()
    (silicon.run / "checkpoint.previous.h5").unlink(missing_ok=True)
    assert alone(PROGRAM, silicon.path).code == 0
    assert silicon.outcome()[:4] == mixed[:4]
    assert not (silicon.run / "spread.json").exists()
