"""A run whose output nobody reads any more."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from hpcfit.data import configuration, write_dataset

JOB = """
[data]
train = "argon.h5"
[targets]
forces = false
[[potential]]
name = "lennard-jones"
species = ["Ar"]
[potential.parameters]
epsilon = { initial = 0.02 }
sigma = { initial = 3.6 }
"""


def test_a_run_goes_on_when_the_reader_of_its_output_has_left(tmp_path: Path) -> None:
    dimers = [
        configuration(
            f"{d:.2f}",
            [18, 18],
            [[0.0, 0.0, 0.0], [d, 0.0, 0.0]],
            energy=0.04 * ((3.4 / d) ** 12 - (3.4 / d) ** 6),
        )
        for d in np.linspace(3.3, 5.0, 6)
    ]
    write_dataset(tmp_path / "argon.h5", dimers)
    (tmp_path / "job.toml").write_text(JOB)
    command = [sys.executable, "-m", "hpcfit", "run", "job.toml"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdout.close()
        errors = run.stderr.read()
        run.wait(60)
    assert (run.returncode, errors) == (0, "")
    assert (tmp_path / "run" / "result.json").exists()
    assert "the screen's reader has left; the run goes on" in (tmp_path / "run" / "log.txt").read_text()
