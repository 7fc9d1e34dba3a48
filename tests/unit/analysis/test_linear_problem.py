"""A straight line with known errors: covariance, spectrum, leverage and influence by NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from table_jobs import LINE

from hpcfit.analysis.session import Session

X = np.linspace(1.0, 9.0, 23)
Y = 0.7 - 2.1 * X + 0.3 * np.sin(40.0 * X)
Y[5] += 3.0
DESIGN = np.stack([np.ones_like(X), X], axis=1)


@pytest.fixture
def line(fitted) -> Session:
    return fitted(LINE, x=X, y=Y)


def solution() -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Parameters, residuals and variance of the residuals."""
    found = np.linalg.lstsq(DESIGN, Y, rcond=None)[0]
    residual = DESIGN @ found - Y
    return found, residual, float(residual @ residual) / (len(X) - 2)


def test_the_covariance_of_a_linear_fit_is_the_textbooks(line: Session) -> None:
    values, _, variance = solution()
    expected = variance * np.linalg.inv(DESIGN.T @ DESIGN)
    found = line.covariance()
    assert found.labels == ("a", "b")
    np.testing.assert_allclose(found.values, values, rtol=1e-10)
    np.testing.assert_allclose(found.covariance, expected, rtol=1e-10)
    np.testing.assert_allclose(found.standard_errors, np.sqrt(np.diag(expected)), rtol=1e-10)
    errors = np.sqrt(np.diag(expected))
    np.testing.assert_allclose(found.correlation, expected / np.outer(errors, errors), rtol=1e-10)
    assert found.scale == pytest.approx(np.sqrt(variance), rel=1e-10)
    assert found.freedom == len(X) - 2


def test_the_covariance_has_the_bits_of_the_result(line: Session) -> None:
    assert line.covariance().covariance.tolist() == line.reopened.result.covariance


def test_the_spectrum_is_that_of_relative_changes(line: Session) -> None:
    values, _, variance = solution()
    scaled = DESIGN * np.abs(values)
    eigenvalues, vectors = np.linalg.eigh(scaled.T @ scaled)
    found = line.fisher()
    np.testing.assert_allclose(found.eigenvalues, eigenvalues[::-1], rtol=1e-9)
    np.testing.assert_allclose(np.abs(found.directions), np.abs(vectors.T[::-1]), rtol=1e-8)
    np.testing.assert_allclose(found.known_to, np.sqrt(variance / eigenvalues[::-1]), rtol=1e-9)
    assert found.condition == pytest.approx(eigenvalues[1] / eigenvalues[0], rel=1e-9)
    assert found.words(0) == "1.00 b"


def test_leverages_are_the_diagonal_of_the_hat_matrix(line: Session) -> None:
    hat = DESIGN @ np.linalg.pinv(DESIGN)
    found = line.influence()
    assert found is not None
    np.testing.assert_allclose(found.leverage, np.diag(hat), rtol=1e-9)
    assert found.leverage.sum() == pytest.approx(2.0, rel=1e-12)
    assert found.priors == 0.0


def test_influence_is_what_a_fit_without_the_row_says(line: Session) -> None:
    values, residual, variance = solution()
    found = line.influence()
    assert found is not None
    for k in range(len(X)):
        rest = np.arange(len(X)) != k
        other = np.linalg.lstsq(DESIGN[rest], Y[rest], rcond=None)[0]
        change = DESIGN @ (other - values)
        assert found.cook[k] == pytest.approx(change @ change / (2.0 * variance), rel=1e-7)
        left = DESIGN[rest] @ other - Y[rest]
        saved = residual @ residual - left @ left
        studentized = np.sqrt(saved / (left @ left / (len(X) - 3)))
        assert found.studentized[k] == pytest.approx(studentized, rel=1e-7)


def test_the_row_that_was_moved_is_the_one_outlier(line: Session) -> None:
    found = line.influence()
    assert found is not None
    assert found.outliers == (5,)
    assert found.names[5] == "7"  # the line of the file
    assert "1 outlier that chance does not explain" in str(found)


def test_a_row_that_alone_determines_a_parameter_is_told_of(fitted) -> None:
    x = np.array([0.0, 0.0, 0.0, 0.0, 1.0])
    found = fitted(LINE, x=x, y=np.array([1.0, 1.1, 0.9, 1.05, 3.0])).influence()
    assert found.leverage[4] == pytest.approx(1.0, abs=1e-12)
    assert np.isinf(found.cook).tolist() == [False] * 4 + [True]
    sentence = "alone in determining a parameter or a combination of them, so nothing checks it: 6"
    assert sentence in str(found)


def test_outputs_of_a_row_are_left_out_together(fitted) -> None:
    job = LINE.replace('y = "y"', 'y = { f = "y", g = "z" }').replace(
        'formula = "a + b*x"', 'formula = { f = "a + b*x", g = "b - a*x" }'
    )
    z = -2.0 - 0.6 * X + 0.2 * np.cos(30.0 * X)
    found = fitted(job, x=X, y=Y, z=z).influence()
    design = np.concatenate([DESIGN, np.stack([-X, np.ones_like(X)], axis=1)])
    target = np.concatenate([Y, z])
    values = np.linalg.lstsq(design, target, rcond=None)[0]
    residual = design @ values - target
    variance = residual @ residual / (len(target) - 2)
    hat = np.diag(design @ np.linalg.pinv(design))
    np.testing.assert_allclose(found.leverage, hat[: len(X)] + hat[len(X) :], rtol=1e-8)
    assert found.residuals.tolist() == [2] * len(X)
    for k in (0, 5, 22):
        rest = np.arange(len(target)) % len(X) != k
        other = np.linalg.lstsq(design[rest], target[rest], rcond=None)[0]
        change = design @ (other - values)
        assert found.cook[k] == pytest.approx(change @ change / (2.0 * variance), rel=1e-6)
        left = design[rest] @ other - target[rest]
        ratio = (residual @ residual - left @ left) / 2.0 / (left @ left / (len(target) - 4))
        assert found.studentized[k] == pytest.approx(np.sqrt(ratio), rel=1e-6)


def test_a_prior_holds_a_part_of_the_leverage(fitted) -> None:
    job = LINE.replace("a = { initial = 1.0 }", "a = { initial = 1.0, prior = { mean = 1.0, sigma = 0.2 } }")
    found = fitted(job, x=X, y=Y).influence()
    design = np.concatenate([DESIGN, [[5.0, 0.0]]])
    hat = np.diag(design @ np.linalg.pinv(design))
    np.testing.assert_allclose(found.leverage, hat[:-1], rtol=1e-8)
    assert found.priors == pytest.approx(hat[-1], rel=1e-8)
