"""`hpcfit analyze`: what it writes, in either order of its words, and what bad input gets."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from hpcfit.cli.app import joined


@pytest.fixture
def run(silicon_run: Path, tmp_path: Path) -> Path:
    shutil.copytree(silicon_run.parent, tmp_path / "project")
    return tmp_path / "project" / "run"


def test_words_of_a_command_may_stand_before_or_after_the_run() -> None:
    expected = ["analyze covariance", "run", "-o", "x"]
    assert joined(["analyze", "covariance", "run", "-o", "x"]) == expected
    assert joined(["analyze", "run", "covariance", "-o", "x"]) == expected
    assert joined(["analyze", "run"]) == ["analyze", "run"]
    assert joined(["run", "job.toml"]) == ["run", "job.toml"]
    assert joined([]) == []


def test_it_prints_and_writes_what_it_finds(hpcfit, run: Path) -> None:
    ended = hpcfit("analyze", run, folder=run.parent)
    assert (ended.code, ended.err) == (0, "")
    files = "covariance.json, standard_errors.csv, covariance.csv, correlation.csv, fisher.json, fisher.csv"
    assert ended.out.endswith(f"\n\nwritten to {run / 'analysis'}: {files}\n")
    result = json.loads((run / "result.json").read_text())
    found = json.loads((run / "analysis" / "covariance.json").read_text())
    assert found["covariance"] == result["covariance"]
    assert found["run"] == {
        "status": "converged",
        "loss": result["loss"],
        "finished": result["provenance"]["finished"],
    }
    text = (run / "analysis" / "standard_errors.csv").read_text()
    rows = list(csv.reader(text.splitlines()))
    assert rows[0] == ["parameter", "value", "standard_error"]
    errors = [q["standard_error"] for q in result["parameters"] if not q["fixed"]]
    assert [float(row[2]) for row in rows[1:]] == errors


def test_a_folder_without_a_run_is_refused(hpcfit, tmp_path: Path) -> None:
    ended = hpcfit("analyze", "fisher", tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        f"{tmp_path}: not a run folder, there is no result.json in it. Run a job into it with `hpcfit run`, "
        "or give another folder.\n"
    )


def test_an_analysis_that_there_is_not_is_told(hpcfit, run: Path) -> None:
    for words in (("covarianc", run), (run, "covarianc")):
        ended = hpcfit("analyze", *words)
        assert (ended.code, ended.out) == (2, "")
        assert ended.err == "analyze: there is no analysis 'covarianc'. Did you mean covariance?\n"
    ended = hpcfit("analyze", "--output", "x", run, "fisher")
    assert ended.code == 2
    assert ended.err == ("analyze: options stand after fisher: hpcfit analyze fisher RUN --output FOLDER\n")


def test_a_place_that_cannot_be_written_to_is_named(hpcfit, run: Path) -> None:
    (run / "taken").write_text("")
    ended = hpcfit("analyze", "covariance", run, "--output", run / "taken")
    assert ended.code == 2
    assert ended.err == (
        f"{run / 'taken'}: cannot be written to (File exists). Give another folder by --output.\n"
    )
