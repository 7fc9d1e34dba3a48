"""What the data do not determine is said, and never a number."""

from __future__ import annotations

import json

import numpy as np
import pytest

from hpcfit.analysis.covariance import Covariance
from hpcfit.analysis.report import write_report
from hpcfit.errors import RunError

JOB = """\
[data]
table = "data.csv"
x = ["x"]
y = "y"

[model]
formula = "FORMULA"
[model.parameters]
a = { initial = 1.0 }
b = { initial = 1.0 }
c = { initial = 1.0, max = 1.5 }

[run]
folder = "run"
"""
X = np.linspace(1.0, 3.0, 9)
Y = 2.0 * X + 0.1 * np.sin(9.0 * X)


def test_a_null_direction_has_infinite_variances_and_is_told_of(fitted, tmp_path) -> None:
    session = fitted(JOB.replace("FORMULA", "(a + b)*x + 0*c*x"), x=X, y=Y)
    found = session.covariance()
    assert np.isinf(found.standard_errors).all()
    sentence = "Changing a - 1 b together has no effect on any residual here; fix one of a, b."
    assert sentence in found.null_directions
    assert "infinite variances:\n" in str(found)
    spectrum = session.fisher()
    assert spectrum.condition == np.inf
    assert spectrum.without_influence == ("c",)
    assert np.isinf(spectrum.known_to).tolist() == [False, True, True]
    assert "without influence on any residual: c" in str(spectrum)
    write_report(tmp_path / "out", found, session.reopened.result)
    content = json.loads((tmp_path / "out" / "covariance.json").read_text())
    assert content["standard_errors"] == [None, None, None]
    assert (tmp_path / "out" / "standard_errors.csv").read_text().splitlines()[1].endswith(",inf")


def test_leverages_count_the_directions_that_are_determined(fitted) -> None:
    found = fitted(JOB.replace("FORMULA", "(a + b)*x + 0*c*x"), x=X, y=Y).influence()
    assert found.leverage == pytest.approx(X**2 / (X @ X), rel=1e-10)


def test_a_parameter_at_a_bound_has_no_error_and_no_part(fitted) -> None:
    session = fitted(
        JOB.replace("FORMULA", "a + b*x + c*x**2").replace("b = { initial = 1.0 }", "b = 0.0"),
        x=X,
        y=3.0 * X**2 + 0.1 * np.sin(9.0 * X),
    )
    found = session.covariance()
    assert np.isnan(found.standard_errors).tolist() == [False, True]
    assert found.at_bounds == ("c",)
    assert "held by a bound, so without an error: c" in str(found)
    assert session.fisher().labels == ("a",)
    assert session.influence().leverage == pytest.approx(np.full(9, 1.0 / 9.0), rel=1e-10)


def test_no_degree_of_freedom_leaves_no_errors(fitted) -> None:
    session = fitted(JOB.replace("FORMULA", "a + b*x + c*x**2").replace("1.5", "9e9"), x=X[:3], y=Y[:3])
    with pytest.raises(RunError) as raised:
        session.covariance()
    assert str(raised.value) == (
        "3 residuals for 3 parameters: no degree of freedom is left, so that no errors can be told. Fit more "
        "data, or fix parameters."
    )


def test_of_very_many_parameters_some_are_shown() -> None:
    labels = tuple(f"q{k}" for k in range(123))
    nothing, none = np.full(123, np.inf), np.full((123, 123), np.nan)
    sentences = tuple(f"{each} has no effect on any residual here." for each in labels[:11])
    told = str(Covariance(labels, np.ones(123), nothing, none, none, 1.0, 9, sentences, ()))
    assert told.split("\n\n")[1].count("\n") == 100
    assert "\n\n23 more parameters in standard_errors.csv\n\ninfinite variances:\n  q0 has" in told
    assert told.endswith("\n  1 more such direction in covariance.json")
