"""A small fit of a table with groups, standard deviations and rows that were held out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.workflow.run import run_job

JOB = """\
[data]
table = "line.csv"
y = ["y"]
sigma = "e"
group = "sample"
test_fraction = 0.2

[model]
formula = "a + b*x"
per_group = ["a"]
parameters = { a = { initial = 0 }, b = { initial = 1 } }
"""


@pytest.fixture(scope="session")
def line_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of the job above; not to be changed."""
    folder = tmp_path_factory.mktemp("line")
    rng = np.random.default_rng(1)
    lines = ["sample,x [s],y [V],e"]
    for sample, start in (("cold", 1.0), ("hot", 2.0)):
        for x in np.linspace(0.0, 4.0, 21):
            lines.append(f"{sample},{x:.3f},{start + 3.0 * x + 0.1 * rng.normal():.6f},0.1")
    (folder / "line.csv").write_text("\n".join(lines) + "\n")
    (folder / "job.toml").write_text(JOB)
    assert run_job(SerialCommunicator(), folder / "job.toml") == 0
    return folder / "run"
