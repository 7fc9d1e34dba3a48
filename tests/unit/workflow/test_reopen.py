"""Reopening a run: the same objective at the parameters found, or a sentence that says why not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from hpcfit.data import Dataset, write_dataset
from hpcfit.errors import RunError
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.workflow.reopen import reopen_run, whole_objective
from hpcfit.workflow.run import run_job

COMM = SerialCommunicator()
TABLE_JOB = """\
[data]
table = "decay.csv"
x = ["t"]
y = "y"

[model]
formula = "A*exp(-t/tau)"
[model.parameters]
A = { initial = 1.0, transform = "log" }
tau = { initial = 2.0, min = 0.1, max = 50.0, transform = "logit" }

[run]
folder = "run"
"""


@pytest.fixture
def project(silicon_run: Path, tmp_path: Path) -> Path:
    """The folder of the finished silicon job, copied."""
    shutil.copytree(silicon_run.parent, tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture
def table_run(tmp_path: Path) -> Path:
    t = np.linspace(0.0, 8.0, 20)
    y = 2.0 * np.exp(-t / 3.0) + 0.1 * np.sin(40.0 * t)
    rows = "".join(f"{a!r},{b!r}\n" for a, b in zip(t.tolist(), y.tolist(), strict=True))
    (tmp_path / "decay.csv").write_text("t,y\n" + rows)
    (tmp_path / "job.toml").write_text(TABLE_JOB)
    assert run_job(COMM, tmp_path / "job.toml") == 0
    return tmp_path / "run"


def cost_of(run: Path) -> tuple[float, float]:
    """|r|^2 of the run, and what its result says."""
    reopened = reopen_run(COMM, run)
    with whole_objective(COMM, reopened.prepared) as objective:
        assert objective is not None
        return objective.cost(reopened.theta).value, 2.0 * reopened.result.loss


def test_a_fit_of_configurations_is_found_as_it_ended(project: Path) -> None:
    found, told = cost_of(project / "run")
    assert found == told


def test_a_fit_of_a_table_is_found_where_its_transforms_ended(table_run: Path) -> None:
    found, told = cost_of(table_run)
    assert found == pytest.approx(told, rel=1e-13)
    reopened = reopen_run(COMM, table_run)
    values = reopened.parameters.numbers(reopened.theta)
    assert values == pytest.approx([q.value for q in reopened.result.parameters], rel=1e-14)


def test_both_folders_can_be_moved_together(project: Path, tmp_path: Path) -> None:
    project.rename(tmp_path / "elsewhere")
    found, told = cost_of(tmp_path / "elsewhere" / "run")
    assert found == told


def test_data_that_have_changed_are_refused(project: Path) -> None:
    with Dataset.open(project / "train.h5") as dataset:
        block = dataset.read(range(len(dataset) - 1))
    (project / "train.h5").unlink()
    write_dataset(project / "train.h5", list(block))
    before = json.loads((project / "run" / "result.json").read_text())["job"]["content of data.train"]
    with Dataset.open(project / "train.h5") as dataset:
        now = dataset.selection_hash(np.arange(len(dataset)))
    with pytest.raises(RunError) as raised:
        reopen_run(COMM, project / "run")
    assert str(raised.value) == (
        f"{project / 'run'}: what the run depends on is not what it was:\n"
        f"  content of data.train: was {before}, now {now}\n"
        "Put it back as it was, or run the job again."
    )


def test_data_that_are_gone_are_told_of(project: Path) -> None:
    (project / "train.h5").unlink()
    with pytest.raises(RunError) as raised:
        reopen_run(COMM, project / "run")
    assert str(raised.value) == (
        f"{project / 'run'}: the run cannot be opened again:\n"
        f"{project / 'run' / 'job.toml'}:2: data.train: there is no file train.h5. Make it with "
        "`hpcfit import`; paths are relative to the job file.\n"
        f"Paths in it are relative to {project}, where the job was run from."
    )


def test_a_run_that_was_stopped_is_refused(project: Path) -> None:
    path = project / "run" / "result.json"
    path.write_text(path.read_text().replace('"converged"', '"stopped"', 1))
    with pytest.raises(RunError) as raised:
        reopen_run(COMM, project / "run")
    assert str(raised.value) == (
        f"{project / 'run'}: the run was stopped before it had ended. Finish it by the `hpcfit run` that "
        "started it."
    )


def test_a_result_of_other_parameters_is_refused(project: Path) -> None:
    path = project / "run" / "result.json"
    path.write_text(path.read_text().replace('"name": "A"', '"name": "a"', 1))
    with pytest.raises(RunError) as raised:
        reopen_run(COMM, project / "run")
    assert str(raised.value) == (
        f"{project / 'run'}: the parameters of its result are not those of its job; run the job again."
    )


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError) as raised:
        reopen_run(COMM, tmp_path / "none")
    assert str(raised.value) == f"{tmp_path / 'none'}: there is no such run folder."
