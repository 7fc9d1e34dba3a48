"""`hpcfit predict` for tables: columns with predictions, errors, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpcfit.errors import HpcfitError
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.use.predict_any import predict_any
from hpcfit.workflow.run import run_job

TABLE = 'sample,x [s],"y, all",e\ncold,0,1.0,1\nhot,0,2.0,1\ncold,1,3.0,1\nhot,1,4.5,1\ncold,2,5.0,1\n'
JOB = """\
[data]
table = "line.csv"
y = { y = "y, all" }
group = "sample"

[model]
formula = "a + b*x"
per_group = ["a"]
parameters = { a = { initial = 0 }, b = { initial = 1 } }
"""
COMM = SerialCommunicator()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("line")
    (made / "line.csv").write_text(TABLE)
    (made / "job.toml").write_text(JOB)
    assert run_job(COMM, made / "job.toml") == 0
    return made


def test_the_output_has_the_columns_of_the_model_and_predictions_in_the_order_of_the_file(
    folder: Path, tmp_path: Path
) -> None:
    report = predict_any(COMM, folder / "run", folder / "line.csv", tmp_path / "out.csv")
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert lines[0] == 'sample,x [s],"y, all","y, all_predicted"'
    cells = [line.split(",") for line in lines[1:]]
    assert [row[0] for row in cells] == ["cold", "hot", "cold", "hot", "cold"]
    table = np.array([row[1:] for row in cells], dtype=float)
    # least squares by hand: cold has x = 0, 1, 2 and hot x = 0, 1, with one slope
    slope = (0 * -2 + 2 * 2 / 1 + 0.5 * 2.5) / (2 + 0.5)
    cold, hot = 3.0 - slope, 3.25 - slope / 2
    expected = np.where([True, False, True, False, True], cold, hot) + slope * table[:, 0]
    np.testing.assert_allclose(table[:, 2], expected, rtol=1e-9)
    rmse = np.sqrt(np.mean((table[:, 2] - table[:, 1]) ** 2))
    assert f"y, all           5  {rmse:.5g}" in str(report)
    assert str(report).startswith(f"model: fitted values of {folder / 'run'}, converged\n")


def test_a_table_without_what_was_fitted_is_predicted_too(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "new.tsv").write_text("x\tsample\n3\thot\n")
    report = predict_any(COMM, folder / "run", tmp_path / "new.tsv", tmp_path / "out.tsv")
    assert "no references to compare with" in str(report)
    assert (tmp_path / "out.tsv").read_text().splitlines()[0] == 'sample\tx\t"y, all_predicted"'


def test_a_job_predicts_with_its_initial_values(folder: Path, tmp_path: Path) -> None:
    predict_any(COMM, folder / "job.toml", folder / "line.csv", tmp_path / "out.csv")
    lines = (tmp_path / "out.csv").read_text().splitlines()[1:]
    assert [float(line.split(",")[-1]) for line in lines] == [0.0, 0.0, 1.0, 1.0, 2.0]


def test_a_missing_reference_is_left_out_of_the_errors(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text('x,sample,"y, all"\n3,hot,\n3,hot,1\n')
    report = predict_any(COMM, folder / "run", tmp_path / "new.csv")
    assert "\ny, all           1 " in str(report)


@pytest.mark.parametrize(
    ("table", "output", "message"),
    [
        ("x,sample\n1,warm\n", None, "new.csv:2: the model has no group 'warm', but cold, hot."),
        ("x,sample\n,cold\n", None, "new.csv:2: x is missing."),
        ("z,sample\n1,cold\n", None, "new.csv:1: there is no column x. Columns are z, sample."),
        (
            "x,sample\n1,cold\n",
            "out.txt",
            "out.txt: predictions of tables are written as .csv or .tsv; give such a name.",
        ),
        (
            "x,sample\n1,cold\n",
            "new.csv",
            "new.csv: is what the predictions are made from; give another name.",
        ),
    ],
)
def test_what_cannot_be_predicted_is_told(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    table: str,
    output: str | None,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("new.csv").write_text(table)
    with pytest.raises(HpcfitError) as error:
        predict_any(COMM, folder / "run", Path("new.csv"), None if output is None else Path(output))
    assert str(error.value).startswith(message)


def test_tags_are_refused(folder: Path) -> None:
    with pytest.raises(
        HpcfitError, match=r"^--tag is for configurations; a table has none\. Leave it out\.$"
    ):
        predict_any(COMM, folder / "run", folder / "line.csv", tags=["a"])


def test_the_command_writes_the_same_on_two_ranks(
    folder: Path, tmp_path: Path, hpcfit: Callable[..., Any]
) -> None:
    made = []
    for ranks in (1, 2):
        out = tmp_path / f"{ranks}.csv"
        done = hpcfit("predict", folder / "run", folder / "line.csv", "-o", out, ranks=ranks)
        assert done.code == 0, done.err
        made.append(out.read_bytes())
    assert made[0] == made[1]
