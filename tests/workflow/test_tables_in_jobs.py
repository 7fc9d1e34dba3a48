"""Whole fits of tables, from job file to result."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpcfit.data import write_dataset
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.workflow.run import run_job

ROOT = Path(__file__).parents[2]
LINE = """\
[data]
table = "t.csv"
y = ["y"]

[model]
formula = "a + b*x"

[model.parameters]
a = { initial = 0 }
b = { initial = 0 }
"""
X = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
Y = np.array([1.0, 2.5, 2.0, 4.5, 4.0])
S = np.array([0.1, 0.2, 0.1, 0.4, 0.2])


def run(folder: Path, text: str, *, code: int = 0) -> dict[str, Any]:
    (folder / "job.toml").write_text(text)
    assert run_job(SerialCommunicator(), folder / "job.toml", restart=True) == code
    result: dict[str, Any] = json.loads((folder / "run" / "result.json").read_text())
    return result


def values(result: dict[str, Any]) -> dict[str, float]:
    return {
        f"{q['species']}.{q['name']}" if q["species"] else q["name"]: q["value"] for q in result["parameters"]
    }


def write(folder: Path, **columns: Any) -> None:
    rows = zip(*(list(each) for each in columns.values()), strict=True)
    lines = [",".join(columns), *(",".join(str(cell) for cell in row) for row in rows)]
    (folder / "t.csv").write_text("\n".join(lines) + "\n")


def line(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and covariance of weighted least squares, by NumPy."""
    table = np.stack([np.ones(5), X], axis=1) * weight[:, None]
    found, squares, *_ = np.linalg.lstsq(table, Y * weight, rcond=None)
    return found, np.linalg.inv(table.T @ table) * squares[0] / 3.0


@pytest.mark.parametrize(
    ("keys", "weight"),
    [("", np.ones(5)), ('sigma = "s"', 1.0 / S), ('weight = "s"', S), ('weight = { y = "s" }', S)],
)
def test_a_line_is_that_of_linear_least_squares(tmp_path: Path, keys: str, weight: np.ndarray) -> None:
    write(tmp_path, x=X, y=Y, s=S)
    result = run(tmp_path, LINE.replace('y = ["y"]', f'y = ["y"]\n{keys}'))
    expected, covariance = line(weight)
    assert list(values(result).values()) == pytest.approx(expected.tolist(), rel=1e-10)
    errors = [q["standard_error"] for q in result["parameters"]]
    assert errors == pytest.approx(np.sqrt(np.diag(covariance)).tolist(), rel=1e-8)


def test_rows_that_are_not_selected_have_no_part(tmp_path: Path) -> None:
    write(tmp_path, x=[*X, 9.0], y=[*Y, 77.0], s=[*S, 5.0])
    result = run(tmp_path, LINE.replace('y = ["y"]', 'y = ["y"]\nrows = ["s < 1", "x >= 0"]'))
    assert list(values(result).values()) == pytest.approx(line(np.ones(5))[0].tolist(), rel=1e-10)


def test_rows_that_lack_a_number_are_skipped_and_the_log_counts_them(tmp_path: Path) -> None:
    write(tmp_path, x=[*X, "", 7], y=[*Y, 1.0, "nan"])
    result = run(tmp_path, LINE.replace('y = ["y"]', 'y = ["y"]\nmissing = "skip"'))
    assert list(values(result).values()) == pytest.approx(line(np.ones(5))[0].tolist(), rel=1e-10)
    log = (tmp_path / "run" / "log.txt").read_text()
    assert "2 rows of 7 left out, for want of numbers" in log


def test_columns_of_other_names_and_a_table_of_a_dataset(tmp_path: Path) -> None:
    write_dataset(tmp_path / "d.h5", [], tables={"line": {"my x": X, "y": Y}})
    text = LINE.replace('"t.csv"', '"d.h5:line"\nx = { x = "my x" }')
    assert list(values(run(tmp_path, text)).values()) == pytest.approx(line(np.ones(5))[0].tolist())


def test_each_group_has_its_own_and_they_share_the_rest(tmp_path: Path) -> None:
    write(tmp_path, x=[*X, *X], y=[*Y, *(Y + 3.0)], g=["b"] * 5 + ["a"] * 5)
    text = LINE.replace('y = ["y"]', 'y = ["y"]\ngroup = "g"').replace(
        "[model.p", "per_group = ['a']\n[model.p"
    )
    found = values(run(tmp_path, text))
    (a, b), _ = line(np.ones(5))
    assert found == pytest.approx({"a.a": a + 3.0, "b.a": a, "b": b}, rel=1e-10)


def test_several_outputs_share_parameters_and_have_weights_of_their_own(tmp_path: Path) -> None:
    z = Y + 0.5 * X**2
    write(tmp_path, x=X, y=Y, z=z, s=S)
    keys = 'y = ["y", "z"]\nsigma = { y = "s" }\nweight = { z = "s" }'
    text = LINE.replace('y = ["y"]', keys).replace('"a + b*x"', '{ y = "a + b*x", z = "b*x**2" }')
    result = run(tmp_path, text)
    table = np.concatenate([np.stack([np.ones(5), X]) / S, np.stack([np.zeros(5), X**2]) * S], axis=1).T
    found, squares, *_ = np.linalg.lstsq(table, np.concatenate([Y / S, z * S]), rcond=None)
    assert list(values(result).values()) == pytest.approx(found.tolist(), rel=1e-9)
    assert result["loss"] == pytest.approx(squares[0] / 2.0, rel=1e-12)
    assert set(result["rmse"]["train"]) == {"y", "z"}


def test_rows_held_out_have_errors_and_no_part_in_the_fit(tmp_path: Path) -> None:
    x = np.arange(40.0)
    write(tmp_path, x=x, y=1.0 + 2.0 * x)
    result = run(tmp_path, LINE.replace('y = ["y"]', 'y = ["y"]\ntest_fraction = 0.25'))
    assert result["rmse"]["test"]["y"] < 1e-10
    assert "test: 10 rows" in (tmp_path / "run" / "log.txt").read_text()


def test_a_second_table_tests_the_first(tmp_path: Path) -> None:
    write(tmp_path, x=X, y=1.0 + 2.0 * X)
    shutil.move(tmp_path / "t.csv", tmp_path / "other.csv")
    write(tmp_path, x=X, y=2.0 * X)
    result = run(tmp_path, LINE.replace('y = ["y"]', 'y = ["y"]\ntest = "other.csv"'))
    assert result["rmse"]["test"]["y"] == pytest.approx(1.0)


def test_tied_parameters_follow_others(tmp_path: Path) -> None:
    write(tmp_path, x=X, y=Y)
    result = run(tmp_path, LINE.replace("b = { initial = 0 }", 'b = { tie = "2*a" }'))
    own = 1.0 + 2.0 * X
    a = float(own @ Y / (own @ own))
    assert values(result) == pytest.approx({"a": a, "b": 2.0 * a}, rel=1e-10)


def test_a_parameter_stays_within_its_bounds(tmp_path: Path) -> None:
    write(tmp_path, x=X, y=Y)
    result = run(tmp_path, LINE.replace("a = { initial = 0 }", "a = { initial = 3, min = 2 }"))
    assert values(result) == pytest.approx({"a": 2.0, "b": float(X @ (Y - 2.0) / (X @ X))}, rel=1e-10)
    assert [q["at_bound"] for q in result["parameters"]] == ["min", None]


def test_a_run_starts_from_the_values_of_another(tmp_path: Path) -> None:
    write(tmp_path, x=X, y=Y)
    first = run(tmp_path, LINE)
    shutil.move(tmp_path / "run", tmp_path / "first")
    second = run(tmp_path, LINE + '[run]\nstart_from = "first"\n')
    assert [q["initial"] for q in second["parameters"]] == list(values(first).values())
    assert "initial values of a, b" in (tmp_path / "run" / "log.txt").read_text()


def test_a_finished_run_is_done_until_the_table_changes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, x=X, y=Y)
    run(tmp_path, LINE)
    capsys.readouterr()
    assert run_job(SerialCommunicator(), tmp_path / "job.toml") == 0
    assert "iteration" not in capsys.readouterr().out.split("\n")[0]
    write(tmp_path, x=X, y=Y + 1.0)
    from hpcfit.errors import RunError

    with pytest.raises(RunError, match="holds a run of another version of this job"):
        run_job(SerialCommunicator(), tmp_path / "job.toml")


def test_more_parameters_than_rows_warn_and_name_what_is_left(tmp_path: Path) -> None:
    write(tmp_path, x=[1.0], y=[2.0])
    result = run(tmp_path, LINE)
    warning = (
        "warning: 2 free parameters are more than the 1 residual, which cannot determine them "
        "all. The result "
        "names the directions that are left; fix parameters, or add rows."
    )
    assert warning in (tmp_path / "run" / "log.txt").read_text()
    assert len(result["null_directions"]) == 1


def test_the_example_finds_what_it_was_made_from(tmp_path: Path) -> None:
    for name in ("job.toml", "eos.csv"):
        shutil.copy(ROOT / "jobs" / "equation-of-state" / name, tmp_path)
    assert run_job(SerialCommunicator(), tmp_path / "job.toml") == 0
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    made_from = {"E0": -3.7356, "V0": 16.5, "B0": 0.4823, "B1": 4.75}
    for entry in result["parameters"]:
        assert abs(entry["value"] - made_from[entry["name"]]) < 3.0 * entry["standard_error"]
    assert result["rmse"]["train"]["energy"] == pytest.approx(1.1114e-05, rel=1e-3)
