"""Fits by networks have the same bits on any number of ranks."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Launch = Callable[..., Any]

pytestmark = pytest.mark.mpi


def test_network_ends_with_the_same_bits(on_ranks: Launch, tmp_path: Path) -> None:
    numbers = [(math.sin(3.0 * k), math.cos(5.0 * k)) for k in range(250)]
    lines = [f"{a!r},{b!r},{math.exp(a) * b!r}" for a, b in numbers]
    (tmp_path / "table.csv").write_text("\n".join(["a,b,y", *lines]))
    (tmp_path / "job.toml").write_text(
        '[data]\ntable = "table.csv"\nx = ["a", "b"]\ny = ["y"]\n[model]\nname = "mlp"\nlayers = [3]\n'
        "[optimizer]\nmax_iterations = 3\n"
    )
    outcomes = []
    for count in (1, 2, 3):
        finished = on_ranks(count, "run", "job.toml", "--restart")
        assert finished.code == 1, finished.err
        assert f"on {count} rank" in finished.out
        result = json.loads((tmp_path / "run" / "result.json").read_text())
        outcomes.append([result[key] for key in ("loss", "objective_history", "parameters", "rmse")])
    assert all(each == outcomes[0] for each in outcomes)
