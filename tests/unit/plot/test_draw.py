"""`hpcfit plot`: which pictures are drawn of what, as which files, and what is said of the others."""

from __future__ import annotations

import builtins
import shutil
from pathlib import Path
from typing import Any

import pytest

from hpcfit.errors import RunError
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.plot.draw import plot_run
from hpcfit.plot.kinds import KINDS

pytest.importorskip("matplotlib", reason="pictures need matplotlib")
COMM = SerialCommunicator()
FROM_THE_RUN = ["convergence", "path", "correlation", "fisher"]


def test_every_picture_of_a_table_with_one_input_is_drawn_into_the_run_folder(
    line_run: Path, tmp_path: Path
) -> None:
    run = shutil.copytree(line_run.parent, tmp_path / "job") / "run"
    drawn = plot_run(COMM, run)
    assert drawn is not None
    assert [path.stem for path in drawn.written] == [name for name in KINDS if name != "mcmc"]
    assert all(path.parent == run / "plots" for path in drawn.written)
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in drawn.written)
    assert drawn.missing == {f"{run}: no chain was sampled; do it by `hpcfit analyze {run} mcmc`.": ["mcmc"]}


def test_the_same_picture_is_the_same_file(line_run: Path, tmp_path: Path) -> None:
    made = []
    for name in ("first", "second"):
        plot_run(COMM, line_run, ["fit"], formats=("png", "svg"), folder=tmp_path / name)
        made.append([(tmp_path / name / f"fit.{kind}").read_bytes() for kind in ("png", "svg")])
    assert made[0] == made[1]
    assert b"<svg" in made[0][1]


def test_what_needs_no_data_is_drawn_of_a_run_folder_alone(line_run: Path, tmp_path: Path) -> None:
    run = shutil.copytree(line_run, tmp_path / "alone")
    drawn = plot_run(COMM, run)
    assert drawn is not None
    assert [path.stem for path in drawn.written] == FROM_THE_RUN
    (reason, names), (_, others) = drawn.missing.items()
    assert (names, others) == (["fit", "parity", "residuals", "sensitivity"], ["mcmc"])
    assert reason.startswith(f"{run}: the run cannot be opened again:\n")
    assert f"\nnot drawn: fit, parity, residuals, sensitivity. {reason}\nnot drawn: mcmc. " in str(drawn)


def test_pictures_of_configurations_are_drawn_by_target(silicon_run: Path, tmp_path: Path) -> None:
    drawn = plot_run(COMM, silicon_run, folder=tmp_path)
    assert drawn is not None
    assert {path.stem for path in drawn.written} == set(KINDS) - {"fit", "sensitivity", "mcmc"}
    reason = f"{silicon_run}: curves are drawn of tables, and this run has fitted configurations."
    assert drawn.missing[reason] == ["fit", "sensitivity"]
    with pytest.raises(RunError) as error:
        plot_run(COMM, silicon_run, ["fit"], folder=tmp_path)
    assert str(error.value) == reason


def test_a_picture_that_there_is_not_is_told(line_run: Path) -> None:
    with pytest.raises(RunError) as error:
        plot_run(COMM, line_run, ["partiy"])
    assert str(error.value) == (
        "there is no picture 'partiy'. Did you mean parity? Pictures are fit, parity, residuals, "
        "convergence, path, correlation, fisher, sensitivity, mcmc."
    )


def test_a_folder_that_is_no_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"not a run folder, there is no result\.json in it\."):
        plot_run(COMM, tmp_path)


def test_a_folder_that_cannot_be_written_is_told(line_run: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError) as error:
        plot_run(COMM, line_run, ["path"], folder=tmp_path / "file")
    assert str(error.value) == f"{tmp_path / 'file' / 'path.png'}: cannot be written (File exists)."


def test_missing_matplotlib_is_told(line_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "matplotlib":
            raise ImportError(name)
        return genuine(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(RunError) as error:
        plot_run(COMM, line_run, ["path"])
    assert str(error.value) == "pictures need matplotlib: pip install 'hpcfit[plot]'"
