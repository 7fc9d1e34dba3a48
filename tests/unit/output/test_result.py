"""result.json: the agreed names, valid JSON, nothing lost."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hpcfit.errors import RunError
from hpcfit.output.covariance_file import NAME
from hpcfit.output.result import Result


def test_a_result_is_read_back_as_it_was_written(tmp_path: Path, result: Result) -> None:
    result.save(tmp_path / "result.json")
    assert Result.load(tmp_path / "result.json") == result


def test_ties_and_priors_are_read_back_too(tmp_path: Path, connected: Result) -> None:
    connected.save(tmp_path / "result.json")
    assert Result.load(tmp_path / "result.json") == connected
    assert [q.free for q in connected.parameters] == [True, True, False, False]


def test_a_covariance_of_many_parameters_is_a_file_beside_it(tmp_path: Path, result: Result) -> None:
    matrix = np.arange(201.0 * 201.0).reshape(201, 201)
    large, path, beside = (
        replace(result, covariance=matrix.tolist()),
        tmp_path / "result.json",
        tmp_path / NAME,
    )
    large.save(path)
    assert len(path.read_text()) < 10_000
    assert Result.load(path) == large
    np.testing.assert_array_equal(np.load(beside), matrix)
    (tmp_path / "other").mkdir()
    replace(large, covariance=(matrix + 1.0).tolist()).save(tmp_path / "other" / "result.json")
    shutil.copy(tmp_path / "other" / NAME, beside)
    with pytest.raises(RunError) as error:
        Result.load(path)
    assert str(error.value) == (
        f"{beside}: not the covariance that result.json was written with; run the job again."
    )
    beside.unlink()
    with pytest.raises(RunError) as error:
        Result.load(path)
    assert str(error.value) == (
        f"{beside}: cannot be read (No such file or directory). It belongs to result.json; keep them "
        "together."
    )


def test_the_file_has_the_agreed_names(tmp_path: Path, result: Result) -> None:
    result.save(tmp_path / "result.json")
    found = json.loads((tmp_path / "result.json").read_text())
    assert found.keys() >= {
        *("status", "reason", "loss", "objective_history", "parameters"),
        *("rmse", "counts", "timing", "provenance"),
    }
    assert found["parameters"][0].keys() >= {
        *("potential", "species", "name", "value", "standard_error"),
        *("initial", "min", "max", "fixed", "at_bound"),
    }
    assert found["counts"] == {
        "iterations": 15,
        "residual_evaluations": 3,
        "jacobian_evaluations": 16,
        "curvature_evaluations": 12,
        "rejected": 1,
    }
    assert found["rmse"]["train"]["energy"] == 0.0123
    assert found["rmse"]["by_tag"]["train"]["AIMD"]["forces"] == 0.3
    assert found["timing"]["optimizer"] == 0.5


def test_what_is_not_finite_is_null(tmp_path: Path, result: Result) -> None:
    path = tmp_path / "result.json"
    replace(result, loss=float("inf"), objective_history=[float("nan")]).save(path)
    assert "NaN" not in path.read_text()
    assert "Infinity" not in path.read_text()
    loaded = Result.load(path)
    assert loaded.loss != loaded.loss
    assert loaded.objective_history == [None]


def test_a_parameter_is_found_by_its_label(result: Result) -> None:
    assert result.parameter("rc").value == result.parameter("Si.rc").value == 3.77118
    with pytest.raises(KeyError, match=r"no parameter is called 'B'; there are: A, p, rc"):
        result.parameter("B")


def test_species_are_named_where_a_name_stands_for_several_parameters(result: Result) -> None:
    other = replace(result.parameters[0], species="C", value=1.0)
    several = replace(result, parameters=[*result.parameters, other])
    assert [several.label(q) for q in several.parameters] == ["Si.A", "p", "rc", "C.A"]
    assert several.parameter("C.A").value == 1.0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not valid JSON"),
        ("[]", "not a result of hpcfit"),
        ('{"format": "hpcfit-result", "version": 99}', "written by a newer hpcfit"),
        ('{"format": "hpcfit-result", "version": 1}', "not a complete result"),
    ],
)
def test_a_file_that_is_no_result_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "result.json"
    path.write_text(content)
    with pytest.raises(RunError, match=message):
        Result.load(path)
    with pytest.raises(RunError, match="cannot be read"):
        Result.load(tmp_path / "missing.json")
