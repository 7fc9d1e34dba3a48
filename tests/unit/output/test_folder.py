"""What a run folder tells about the run that was in it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from hpcfit.errors import RunError
from hpcfit.output.checkpoint import Checkpoint, CheckpointWriter
from hpcfit.output.fingerprint import changes, flatten
from hpcfit.output.folder import STOPPED, RunFolder, State
from hpcfit.output.result import Result

JOB = {"optimizer.name": '"geodesic-lm"'}


def _checkpoint(folder: RunFolder) -> None:
    with CheckpointWriter(folder.checkpoint, folder.previous) as writer:
        writer.write(Checkpoint(4, {"damping": 1.0}, JOB))


def test_an_empty_or_missing_folder_is_new(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "a" / "b")
    assert folder.find(JOB).state is State.NEW
    folder.prepare()
    assert folder.find(JOB).state is State.NEW
    assert list(folder.path.iterdir()) == []


def test_a_checkpoint_without_result_is_an_interrupted_run(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    _checkpoint(folder)
    found = folder.find(JOB)
    assert found.state is State.INTERRUPTED
    assert found.checkpoint is not None
    assert found.checkpoint.iteration == 4


def test_a_stopped_run_is_interrupted_too(tmp_path: Path, result: Result) -> None:
    folder = RunFolder(tmp_path)
    _checkpoint(folder)
    replace(result, status=STOPPED).save(folder.result)
    assert folder.find(JOB).state is State.INTERRUPTED


def test_a_result_is_a_finished_run(tmp_path: Path, result: Result) -> None:
    folder = RunFolder(tmp_path)
    result.save(folder.result)
    found = folder.find(JOB)
    assert found.state is State.FINISHED
    assert found.result == result


def test_another_job_is_seen_with_its_changes(tmp_path: Path, result: Result) -> None:
    folder = RunFolder(tmp_path)
    result.save(folder.result)
    found = folder.find({**JOB, "optimizer.name": '"lm"', "weights.energy": "10.0"})
    assert found.state is State.CHANGED
    assert found.changes == ['optimizer.name: was "geodesic-lm", now "lm"', "weights.energy: new, 10.0"]


def test_a_broken_result_is_noted_and_ignored(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.result.write_text("{")
    found = folder.find(JOB)
    assert found.state is State.NEW
    assert "not valid JSON" in found.notes[0]


def test_clearing_removes_the_runs_files_only(tmp_path: Path, result: Result) -> None:
    folder = RunFolder(tmp_path)
    _checkpoint(folder)
    result.save(folder.result)
    (tmp_path / "notes.md").write_text("mine")
    folder.clear()
    assert [path.name for path in tmp_path.iterdir()] == ["notes.md"]


def test_the_job_is_kept_as_it_was_run(tmp_path: Path) -> None:
    job = tmp_path / "job.toml"
    job.write_text("# a comment\n")
    folder = RunFolder(tmp_path / "run")
    folder.prepare()
    folder.keep_job(job)
    folder.keep_job(folder.job)
    assert folder.job.read_text() == "# a comment\n"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_refused_before_anything_is_computed(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(RunError, match="Permission denied"):
        RunFolder(tmp_path / "run").prepare()


def test_a_file_in_the_folders_place_is_refused_before_anything_is_computed(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file")
    with pytest.raises(RunError) as refused:
        RunFolder(tmp_path / "run").prepare()
    assert str(refused.value) == (
        f"run.folder {tmp_path / 'run'}: cannot be written to (File exists). Give a folder of your own, on a "
        "file system with space left."
    )


def test_nested_tables_become_dotted_names() -> None:
    job = {
        "data": {"train": "a.h5"},
        "potential": [{"name": "lj", "parameters": {"sigma": {"min": 0}}}],
        "x": [],
    }
    assert flatten(job) == {
        "data.train": '"a.h5"',
        "potential[0].name": '"lj"',
        "potential[0].parameters.sigma.min": "0",
        "x": "[]",
    }
    assert changes(flatten(job), flatten({**job, "data": {}})) == [
        "data: new, {}",
        'data.train: was "a.h5", now not given',
    ]
