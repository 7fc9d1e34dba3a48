"""Analyses of a fit with a robust loss: its own errors, and outliers that it has not followed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import least_squares
from table_jobs import LINE

from hpcfit.analysis.bootstrap import bootstrap, drawn
from hpcfit.analysis.cross_validation import cross_validation
from hpcfit.analysis.mcmc.settings import Settings
from hpcfit.analysis.profile import profile
from hpcfit.errors import RunError
from hpcfit.parallel.communicator import SerialCommunicator

JOB = LINE.replace("[run]", '[loss]\nname = "huber"\nscale = 0.07\n\n[run]')
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


def test_profiles_and_chains_are_measured_by_the_standard_errors(fitted, tmp_path: Path) -> None:
    session = fitted(JOB, x=X, y=Y)
    errors = session.covariance().standard_errors
    # So near to the minimum that no residual passes the scale: the loss is a parabola there.
    found, _ = profile(session.comm, tmp_path / "run", tmp_path, points=1, extent=0.02)
    for curve, error in zip(found.curves, errors.tolist(), strict=True):
        assert curve.error == pytest.approx(error, rel=1e-9)
        np.testing.assert_allclose(curve.roots, [-0.02, 0.0, 0.02], rtol=1e-3, atol=1e-3)
    r = session.linearized.factor.r
    spread = Settings().temperature_of(session.linearized) * np.linalg.inv(r.T @ r)
    np.testing.assert_allclose(np.sqrt(np.diag(spread)), errors, rtol=1e-9)


def test_resampled_and_divided_data_are_fitted_with_the_same_loss(fitted, tmp_path: Path) -> None:
    fitted(JOB, x=X, y=Y)

    def by_scipy(counts: np.ndarray) -> np.ndarray:
        x, y = np.repeat(X, counts), np.repeat(Y, counts)
        options = {"loss": "huber", "f_scale": 0.07, "xtol": 1e-14, "ftol": 1e-14, "gtol": 1e-14}
        return np.asarray(least_squares(lambda q: q[0] + q[1] * x - y, [0.7, -2.1], **options).x)

    found, _ = bootstrap(SerialCommunicator(), tmp_path / "run", tmp_path, resamples=3, seed=5)
    assert found.failed == ()
    for number in range(3):
        counts = drawn(np.zeros(60, np.int64), 5, number).astype(int)
        np.testing.assert_allclose(found.values[number], by_scipy(counts), rtol=1e-6)
    validated, _ = cross_validation(SerialCommunicator(), tmp_path / "run", tmp_path, folds=60)
    worst = int(validated.held_out[:, 0].argmax())
    assert validated.held_out[worst, 0] == pytest.approx(3.0, abs=0.2)  # that without row 40
    expected = by_scipy((np.arange(60) != 40).astype(int))
    np.testing.assert_allclose(validated.values[worst], expected, rtol=1e-6)


def test_a_loss_that_takes_all_for_outliers_tells_no_errors(fitted) -> None:
    far = JOB.replace("huber", "tukey").replace("initial = 1.0", "initial = 0.0")
    session = fitted(far, x=X, y=Y + 50.0)
    for work in (session.covariance, session.fisher, session.influence):
        with pytest.raises(RunError) as raised:
            work()
        assert str(raised.value) == (
            "the robust loss bends down at most residuals, so that no errors can be told; take a larger "
            "scale."
        )
