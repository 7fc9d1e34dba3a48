"""A finished run in a folder of its own, to be copied and moved."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.workflow.run import run_job

#: a potential of the job's own file, fitted with reference energies
JOB = """\
[data]
train = "train.h5"

[[potential]]
name = "mine.py:springs"
species = ["Si"]
[potential.parameters]
k = { initial = 1.0, min = 0 }
r0 = { initial = 2.4 }

[targets.reference_energies]
Si = "fit"

[run]
folder = "runs/first"
"""
MINE = """\
from hpcfit.formula.potential import FormulaPotential, ParameterSpec, Term

springs = FormulaPotential(
    name="springs",
    parameters=(ParameterSpec("k", "pair", None, "eV/angstrom^2"), ParameterSpec("r0", "pair", 2.35)),
    pair=Term("k*(r - r0)**2*(r - 3)**2", "3"),
)
"""


@dataclass(frozen=True)
class Project:
    """A folder with job.toml, mine.py, train.h5, and the finished run in runs/first."""

    folder: Path

    @property
    def job(self) -> Path:
        return self.folder / "job.toml"

    @property
    def run(self) -> Path:
        return self.folder / "runs" / "first"


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, silicon_data: Path) -> Path:
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(silicon_data, folder / "train.h5")
    (folder / "job.toml").write_text(JOB)
    (folder / "mine.py").write_text(MINE)
    assert run_job(SerialCommunicator(), folder / "job.toml") == 0
    return folder


@pytest.fixture
def project(finished: Path, tmp_path: Path) -> Project:
    """A copy of the project for one test; the place it was run at is not that of the copy."""
    shutil.copytree(finished, tmp_path / "project")
    return Project(tmp_path / "project")
