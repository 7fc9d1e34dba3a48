"""What an RFactor says of a Jacobian and a residual that it does not hold."""

import numpy as np
import pytest

from hpcfit.linalg import RFactor


def rows(m: int, p: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=m), rng.normal(size=(m, p))


def same_system(factor: RFactor, residual: np.ndarray, jacobian: np.ndarray) -> None:
    full = np.column_stack([jacobian, residual])
    np.testing.assert_allclose(factor.triangle.T @ factor.triangle, full.T @ full, atol=1e-10)


def test_gradient_norms_and_what_is_out_of_reach_are_those_of_the_rows() -> None:
    residual, jacobian = rows(40)
    factor = RFactor.from_rows(residual, jacobian)
    best = np.linalg.lstsq(jacobian, residual)[0]
    np.testing.assert_allclose(factor.gradient, jacobian.T @ residual, atol=1e-12)
    np.testing.assert_allclose(factor.column_norms, np.linalg.norm(jacobian, axis=0))
    assert factor.rho == pytest.approx(np.linalg.norm(residual - jacobian @ best))
    assert (factor.rows, factor.n_parameters) == (40, 3)


@pytest.mark.parametrize("m", [0, 1, 2])
def test_fewer_rows_than_parameters_are_no_special_case(m: int) -> None:
    residual, jacobian = rows(m)
    same_system(RFactor.from_rows(residual, jacobian), residual, jacobian)


def test_merged_factor_is_that_of_all_rows() -> None:
    (r1, j1), (r2, j2) = rows(10, seed=1), rows(2, seed=2)
    merged = RFactor.from_rows(r1, j1).merge(RFactor.from_rows(r2, j2))
    same_system(merged, np.concatenate([r1, r2]), np.concatenate([j1, j2]))
    assert merged.rows == 12


def test_transformed_factor_is_that_of_transformed_parameters() -> None:
    residual, jacobian = rows(20)
    matrix = np.random.default_rng(3).normal(size=(3, 2))
    same_system(RFactor.from_rows(residual, jacobian).transform(matrix), residual, jacobian @ matrix)


def test_selected_factor_is_that_of_the_columns_in_that_order() -> None:
    residual, jacobian = rows(20)
    same_system(RFactor.from_rows(residual, jacobian).select([2, 0]), residual, jacobian[:, [2, 0]])
    same_system(RFactor.from_rows(residual, jacobian).select([]), residual, jacobian[:, []])


def test_moved_factor_is_that_of_the_residual_after_a_step() -> None:
    residual, jacobian = rows(20)
    step = np.array([0.5, -1.0, 2.0])
    same_system(RFactor.from_rows(residual, jacobian).moved(step), residual + jacobian @ step, jacobian)


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"need shapes \(m,\) and \(m, p\), not \(3,\) and \(4, 2\)"):
        RFactor.from_rows(np.zeros(3), np.zeros((4, 2)))
