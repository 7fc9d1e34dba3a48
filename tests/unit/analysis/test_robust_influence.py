"""Analyses of a fit with a robust loss: its own errors, and outliers that it has not followed."""

from __future__ import annotations

import numpy as np

JOB = """\
[data]
table = "data.csv"
x = ["x"]
y = "y"

[model]
formula = "a + b*x"
[model.parameters]
a = { initial = 1.0 }
b = { initial = 1.0 }

[loss]
name = "huber"
scale = 0.07

[run]
folder = "run"
"""
X = np.linspace(1.0, 9.0, 60)
Y = 0.7 - 2.1 * X + np.random.default_rng(3).normal(0.0, 0.05, 60)
Y[[11, 40]] += [2.0, -3.0]


def test_standard_errors_are_those_of_the_fit(fitted) -> None:
    session = fitted(JOB, x=X, y=Y)
    errors = [q.standard_error for q in session.reopened.result.parameters]
    np.testing.assert_allclose(session.covariance().standard_errors, errors, rtol=1e-12)


def test_outliers_have_no_leverage_and_are_named(fitted) -> None:
    found = fitted(JOB, x=X, y=Y).influence()
    assert found.outliers == (40, 11)
    assert (found.leverage[[11, 40]] < 1e-2 * np.median(found.leverage)).all()
    assert (found.cook[[11, 40]] < 1.0).all()
