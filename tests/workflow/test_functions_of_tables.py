"""Functions in Python as formulas of tables: the same bits as their text, and faults with their lines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hpcfit.errors import HpcfitError, RunError
from hpcfit.job import open_job
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.use.predict_any import predict_any
from hpcfit.workflow.run import run_job

JOB = """\
[data]
table = "t.csv"
y = ["y"]

[model]
formula = "FORMULA"
parameters = { a = { initial = 0 }, b = { initial = 0 } }
"""
CODE = "def line(x, a, b, shift=0.0):\n    bent = b * x\n    return a + bent + shift\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("x,y\n0,1\n1,2.5\n2,2\n3,4.5\n4,4\n")
    Path("f.py").write_text(CODE)


def run(formula: str) -> dict[str, float]:
    Path("job.toml").write_text(JOB.replace("FORMULA", formula))
    assert run_job(SerialCommunicator(), Path("job.toml"), restart=True) == 0
    found = json.loads(Path("run/result.json").read_text())
    return {q["name"]: q["value"] for q in found["parameters"]}


def test_a_function_fits_as_its_formula_does() -> None:
    expected = run("a + b*x")
    found = run("f.py:line")
    assert found == pytest.approx({**expected, "shift": 0.0})
    report = predict_any(SerialCommunicator(), Path("run"), Path("t.csv"))
    assert "rmse" in str(report)


def test_a_function_that_changes_is_another_job() -> None:
    run("f.py:line")
    Path("f.py").write_text(CODE.replace("b * x", "b * x * x"))
    with pytest.raises(RunError, match="formulas of model"):
        run_job(SerialCommunicator(), Path("job.toml"))


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("f.py:lime", "job.toml:6: model.formula: "),
        ("f.py:branch", "job.toml:6: model.formula: f.py:2: "),
    ],
)
def test_a_function_that_cannot_be_used_is_told_with_its_line(formula: str, message: str) -> None:
    if formula.endswith("branch"):
        Path("f.py").write_text("def branch(x, a, b):\n    if x > a:\n        return b\n    return a\n")
    Path("job.toml").write_text(JOB.replace("FORMULA", formula))
    with pytest.raises(HpcfitError) as error:
        open_job(Path("job.toml"))
    assert str(error.value).startswith(message)
