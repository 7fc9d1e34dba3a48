"""`hpcfit.analyze`: of a folder or of a fit, and what it says of one that cannot be opened again."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import hpcfit
from hpcfit import Free

X = np.linspace(1.0, 9.0, 23)
Y = 0.7 - 2.1 * X + 0.3 * np.sin(40.0 * X)
LINE = {"formula": "a + b*x", "parameters": {"a": Free(1.0), "b": Free(1.0)}, "progress": False}


def table(folder: Path) -> str:
    rows = "".join(f"{x!r},{y!r}\n" for x, y in zip(X.tolist(), Y.tolist(), strict=True))
    (folder / "data.csv").write_text("x,y\n" + rows)
    return str(folder / "data.csv")


def test_a_fit_without_a_folder_is_analyzed_by_its_files(tmp_path: Path) -> None:
    fit = hpcfit.fit_table(table(tmp_path), x="x", y="y", **LINE)
    analysis = hpcfit.analyze(fit)
    assert analysis.covariance().covariance.tolist() == fit.covariance.tolist()
    assert analysis.influence().leverage.sum() == pytest.approx(2.0)
    assert analysis.sensitivity(rows="x > 8", parameters="b").derivative[:, 0] == pytest.approx(X[X > 8.0])
    with pytest.raises(hpcfit.RunError) as raised:
        analysis.write(analysis.fisher())
    assert str(raised.value) == "write(): folder: this fit has no run folder; say where to write."
    written = analysis.write(analysis.fisher(), tmp_path / "out")
    assert [path.name for path in written] == ["fisher.json", "fisher.csv"]


def test_data_that_were_in_memory_are_missed() -> None:
    fit = hpcfit.fit_table({"x": X, "y": Y}, x="x", y="y", **LINE)
    with pytest.raises(hpcfit.RunError) as raised:
        hpcfit.analyze(fit)
    first, _, last = str(raised.value).split("\n")
    assert first == "analyze(): the run cannot be opened again:"
    assert last == "Data that were given in memory are not kept; write them to a file and fit that."


def test_progress_is_told_by_chunks(silicon_run: Path, tmp_path: Path) -> None:
    shutil.copytree(silicon_run.parent, tmp_path / "project")
    seen: list[tuple[int, int]] = []
    analysis = hpcfit.analyze(tmp_path / "project" / "run", progress=lambda *done: seen.append(done))
    analysis.influence()
    chunks = analysis._session.reopened.prepared.share.n_chunks
    assert seen == [(k + 1, chunks) for k in range(chunks)]


def test_what_is_no_path_is_refused() -> None:
    with pytest.raises(hpcfit.JobError) as raised:
        hpcfit.analyze(3)  # type: ignore[arg-type]
    assert str(raised.value) == "analyze(): run: a path is expected, not 3."
