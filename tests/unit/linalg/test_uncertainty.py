"""Covariance, and directions that data do not determine, in words."""

import numpy as np
import pytest

from hpcfit.linalg import RFactor, uncertainty

RNG = np.random.default_rng(0)
RESIDUAL, JACOBIAN = RNG.normal(size=20), RNG.normal(size=(20, 3))


def test_covariance_is_that_of_linear_regression_for_columns_of_any_size() -> None:
    sizes = np.array([1e-12, 1.0, 1e9])
    best = np.linalg.lstsq(JACOBIAN, RESIDUAL)[0]
    at_minimum = RESIDUAL - JACOBIAN @ best
    found = uncertainty(RFactor.from_rows(at_minimum, JACOBIAN * sizes), "abc")
    variance = np.sum(at_minimum**2) / 17
    expected = variance * np.linalg.inv(JACOBIAN.T @ JACOBIAN) / np.outer(sizes, sizes)
    np.testing.assert_allclose(found.covariance, expected, rtol=1e-10)
    np.testing.assert_allclose(found.standard_errors, np.sqrt(np.diag(expected)))
    assert found.null_directions == ()


def test_away_from_the_minimum_the_whole_residual_counts() -> None:
    found = uncertainty(RFactor.from_rows(JACOBIAN @ np.ones(3), JACOBIAN), "abc")
    expected = np.sum((JACOBIAN @ np.ones(3)) ** 2) / 17 * np.linalg.inv(JACOBIAN.T @ JACOBIAN)
    np.testing.assert_allclose(found.covariance, expected, rtol=1e-10)


def test_parameters_without_effect_are_named_with_advice() -> None:
    jacobian = np.column_stack([JACOBIAN[:, 0], np.zeros(20), JACOBIAN[:, 1]])
    found = uncertainty(RFactor.from_rows(RESIDUAL, jacobian), ["A", "B", "sigma"])
    assert found.null_directions == (
        "B has no effect on any residual here; fix it, or give data that depend on it.",
    )
    assert found.covariance is not None
    assert np.isinf(found.covariance[1, 1])
    assert np.isfinite(found.covariance[0, 0])


def test_several_parameters_without_effect_share_a_sentence() -> None:
    none = np.zeros(20)
    jacobian = np.column_stack([none, JACOBIAN[:, 0], none, 2.0 * JACOBIAN[:, 0], none])
    found = uncertainty(RFactor.from_rows(RESIDUAL, jacobian), ["a", "B", "c", "D", "e"])
    assert found.null_directions[0] == (
        "a, c and e have no effect on any residual here; fix them, or give data that depend on them."
    )
    assert found.null_directions[1].endswith(("fix one of B, D.", "fix one of D, B."))
    assert found.standard_errors is not None
    assert np.isinf(found.standard_errors[[0, 2, 4]]).all()


def test_parameters_that_all_have_no_effect_are_named() -> None:
    found = uncertainty(RFactor.from_rows(RESIDUAL, np.zeros((20, 2))), ["A", "B"])
    assert found.null_directions == (
        "A and B have no effect on any residual here; fix them, or give data that depend on them.",
    )


def test_combination_without_effect_is_named_in_the_parameters_own_units() -> None:
    jacobian = np.column_stack([JACOBIAN[:, 0], 4.0 * JACOBIAN[:, 0], JACOBIAN[:, 1]])
    found = uncertainty(RFactor.from_rows(RESIDUAL, jacobian), ["A", "B", "sigma"])
    assert len(found.null_directions) == 1
    sentence = found.null_directions[0]
    assert "A - 0.25 B" in sentence or "B - 4 A" in sentence
    assert "fix one of" in sentence


def test_no_degree_of_freedom_gives_no_covariance() -> None:
    found = uncertainty(RFactor.from_rows(RESIDUAL[:3], JACOBIAN[:3]), "abc")
    assert found.covariance is None
    assert found.standard_errors is None


@pytest.mark.parametrize("m", [1, 2])
def test_fewer_rows_than_parameters_leave_directions_open(m: int) -> None:
    found = uncertainty(RFactor.from_rows(RESIDUAL[:m], JACOBIAN[:m]), "abc")
    assert len(found.null_directions) == 3 - m
