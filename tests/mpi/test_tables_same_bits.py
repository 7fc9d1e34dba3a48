"""A fit of a table has the same bits on any number of ranks, and when it goes on on others."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Launch = Callable[..., Any]
pytestmark = pytest.mark.mpi

JOB = """\
[data]
table = "t.csv"
y = ["signal", "slope"]
sigma = "error"
group = "sample"
test_fraction = 0.1
missing = "skip"

[model]
formula = { signal = "A*tail + background", slope = "-A/tau*tail" }
let = { tail = "exp(-t/tau)" }
per_group = ["A"]
parameters = { A = { initial = 1 }, tau = { initial = 2, min = 0.1 }, background = { initial = 0 } }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """1,500 rows of three groups, which make eleven chunks."""
    rng = np.random.default_rng(1)
    lines = ["sample,t,signal,slope,error"]
    for k in range(1500):
        t, a = rng.uniform(0, 8), 1.0 + k % 3
        tail = np.exp(-t / 3.0)
        signal, slope = a * tail + 0.3 + rng.normal(0, 0.05), -a / 3 * tail + rng.normal(0, 0.05)
        lines.append(f"s{k % 3},{t:.6f},{signal:.6f},{f'{slope:.6f}' if k % 50 else ''},0.05")
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "job.toml").write_text(JOB)
    return tmp_path


def outcome(on_ranks: Launch, folder: Path, ranks: int, *options: str) -> tuple[Any, ...]:
    done = on_ranks(ranks, "run", "job.toml", *options)
    assert done.code in (0, 1), done.err
    result = json.loads((folder / "run" / "result.json").read_text())
    names = ("status", "loss", "objective_history", "parameters", "counts", "rmse", "covariance")
    return tuple(result[name] for name in names)


def test_on_any_number_of_ranks(on_ranks: Launch, folder: Path) -> None:
    expected = outcome(on_ranks, folder, 1)
    assert expected[0] == "converged"
    for ranks in (2, 3, 5):
        assert outcome(on_ranks, folder, ranks, "--restart") == expected, f"{ranks} ranks"


def test_when_it_goes_on_on_other_ranks(on_ranks: Launch, folder: Path) -> None:
    expected = outcome(on_ranks, folder, 1)
    (folder / "job.toml").write_text(JOB + "[optimizer]\nmax_iterations = 2\n")
    assert outcome(on_ranks, folder, 2, "--restart")[0] == "max_iterations"
    (folder / "job.toml").write_text(JOB)
    assert outcome(on_ranks, folder, 3) == expected
