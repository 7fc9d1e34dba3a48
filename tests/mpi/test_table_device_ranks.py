"""Fits of tables by ranks with devices: the same bits on any number of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from emulated import compiler_missing

PROGRAM = Path(__file__).parent / "programs" / "fit_on_devices.py"

pytestmark = [
    pytest.mark.mpi,
    pytest.mark.skipif(compiler_missing() is not None, reason=str(compiler_missing())),
]

JOB = """\
[data]
table = "t.csv"
y = ["y"]
x = ["x"]
group = "g"

[model]
formula = "A*exp(-x/tau) + c"
per_group = ["A"]

[model.parameters]
A = { initial = 1 }
tau = { initial = 1 }
c = { initial = 0 }

[run]
folder = "FOLDER"
"""


def test_a_fit_of_a_table_on_devices_has_the_same_bits_on_any_number_of_ranks(
    mpirun: Callable[..., Any], alone: Callable[..., Any], tmp_path: Path
) -> None:
    random = np.random.default_rng(1)
    group, x = np.repeat([0, 1, 2], 100), random.uniform(0.0, 6.0, 300)
    y = (1.0 + group) * np.exp(-x / 2.5) + 0.3 + 0.02 * random.normal(size=300)
    cells = [f"{a!r},{b!r},{c}" for a, b, c in zip(x.tolist(), y.tolist(), group.tolist(), strict=True)]
    (tmp_path / "t.csv").write_text("x,y,g\n" + "\n".join(cells) + "\n")
    outcomes = []
    for ranks in (1, 2, 3):
        job = tmp_path / f"job{ranks}.toml"
        job.write_text(JOB.replace("FOLDER", f"run{ranks}"))
        finished = alone(PROGRAM, job, timeout=200.0) if ranks == 1 else mpirun(ranks, PROGRAM, job)
        assert finished.code == 0, finished.err
        assert "device cuda" in finished.out
        assert "5 chunks" in finished.out
        result = json.loads((tmp_path / f"run{ranks}" / "result.json").read_text())
        outcomes.append(
            [result[name] for name in ("status", "objective_history", "parameters", "rmse", "counts")]
        )
    assert outcomes[1:] == [outcomes[0], outcomes[0]]
