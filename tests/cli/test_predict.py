"""`hpcfit predict`: what it prints and writes, and its exit codes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

Silicon = Any
Launch = Any


@pytest.fixture
def fitted(silicon: Silicon, silicon_run: Path) -> Silicon:
    """The small silicon job and its run."""
    silicon.write()
    shutil.copytree(silicon_run, silicon.run)
    return silicon


def test_predicts_by_a_run_and_by_a_job(fitted: Silicon, hpcfit: Launch) -> None:
    finished = hpcfit("predict", "run", "train.h5", "-o", "out.extxyz", folder=fitted.folder)
    assert (finished.code, finished.err) == (0, "")
    lines = finished.out.splitlines()
    assert lines[0] == (
        "stillinger-weber-kim for Si, cutoff 3.77118 angstrom (fitted values of run, converged)"
    )
    assert lines[-1] == "predictions in out.extxyz"
    rmse = fitted.result()["rmse"]["train"]
    row = next(line for line in lines if line.startswith("all ")).split()
    assert row[1:4] == ["7", f"{rmse['energy']:.5g}", f"{rmse['forces']:.5g}"]
    assert (fitted.folder / "out.extxyz").read_text().count("reference_energy=") == 7
    initial = hpcfit("predict", "job.toml", "train.h5", folder=fitted.folder)
    assert initial.code == 0
    assert "(initial values of job.toml)" in initial.out
    assert "predictions in" not in initial.out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("nothing", "train.h5"),
            "nothing: there is no such file or folder. Give a job file or a run folder.",
        ),
        (
            (".", "train.h5"),
            ".: not a run folder, there is no result.json in it. The job job.toml has not been run into it; "
            "give the folder that its run has written.",
        ),
        (("train.h5", "train.h5"), "train.h5: neither a job file (TOML) nor a run folder."),
        (
            ("run", "job.toml"),
            "job.toml: not an HDF5 file. Make a dataset of it with `hpcfit import job.toml -o data.h5`.",
        ),
        (
            ("run", "train.h5", "-o", "job.toml"),
            "job.toml: predictions are written as extended XYZ (.extxyz, .xyz) or as a dataset (.h5); give a "
            "name that ends so.",
        ),
        (
            ("run", "train.h5", "-o", "train.h5", "--force"),
            "train.h5: is what the predictions are made from; give another name.",
        ),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(
    fitted: Silicon, hpcfit: Launch, arguments: tuple[str, ...], sentence: str
) -> None:
    before = sorted(path.name for path in Path(fitted.folder).iterdir())
    finished = hpcfit("predict", *arguments, folder=fitted.folder)
    assert (finished.code, finished.out, finished.err) == (2, "", f"{sentence}\n")
    assert sorted(path.name for path in Path(fitted.folder).iterdir()) == before


def test_an_output_that_is_there_needs_force(fitted: Silicon, hpcfit: Launch) -> None:
    output = fitted.folder / "out.xyz"
    output.write_text("mine")
    arguments = ("predict", "run", "train.h5", "-o", "out.xyz")
    finished = hpcfit(*arguments, folder=fitted.folder)
    assert finished.err == "out.xyz: exists already; use --force to replace it, or another name.\n"
    assert (finished.code, output.read_text()) == (2, "mine")
    assert hpcfit(*arguments, "--force", folder=fitted.folder).code == 0
    assert output.read_text() != "mine"
