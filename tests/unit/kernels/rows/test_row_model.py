"""Kernels of tables: residuals, Jacobians, triangles and curvatures against NumPy and differences."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from plain_rows import plain_predictions

from hpcfit.formula.bound_potential import BoundPotential
from hpcfit.formula.parameter_spec import ParameterSpec
from hpcfit.formula.row_formula import RowFormula
from hpcfit.kernels.rows.compile import compiled_rows
from hpcfit.kernels.rows.row_data import RowData
from hpcfit.kernels.rows.row_model import RowModel

FORM = RowFormula(
    "model",
    (("signal", "A*tail + background"), ("slope", "-A/tau*tail")),
    ("t",),
    tuple(ParameterSpec(name, "shared") for name in ("A", "tau", "background")),
    (("tail", "exp(-t/tau)"),),
).grouped(["A"])
LABELS = ("cold", "warm", "hot")
ROWS = 53
#: A of each group, tau, background in the order of the instances
VALUES = {"A": np.array([1.5, 2.0, 2.5]), "tau": 3.0, "background": 0.25}


@cache
def model() -> RowModel:
    return RowModel(BoundPotential(FORM, LABELS), range(5))


@cache
def data() -> RowData:
    rng = np.random.default_rng(3)
    group = np.repeat([0, 1, 2], [20, 1, 32]).astype(np.int32)
    reference = rng.normal(size=(2, ROWS))
    reference[0, 4] = reference[1, 7] = np.nan
    weight = rng.uniform(0.5, 2.0, size=(2, ROWS))
    weight[0, 9] = 0.0
    return RowData.of(rng.uniform(0, 6, size=(1, ROWS)), reference, weight, group)


def instance_values() -> np.ndarray:
    found = []
    for each in model().bound.instances:
        value = VALUES[each.name]
        found.append(value[LABELS.index(each.key[0])] if each.key else value)
    return np.array(found, dtype=float)


def expected(values: np.ndarray) -> np.ndarray:
    """Predictions (2, n) by NumPy, group by group."""
    found = np.empty((2, ROWS))
    for k, label in enumerate(LABELS):
        own = data().group == k
        named = {
            each.name: value
            for each, value in zip(model().bound.instances, values, strict=True)
            if not each.key or each.key == (label,)
        }
        found[:, own] = plain_predictions(FORM, named, data().inputs[:, :ROWS][:, own])
    return found


def residual_jacobian() -> tuple[np.ndarray, np.ndarray]:
    """r (2n,) and J (2n, 5) by NumPy and central differences."""
    weight, reference = data().weight[:, :ROWS], data().reference[:, :ROWS]
    values, columns = instance_values(), []
    for k in range(5):
        step = np.zeros(5)
        step[k] = 1e-5
        columns.append(weight * (expected(values + step) - expected(values - step)) / 2e-5)
    residual = weight * (expected(values) - reference)
    return residual.ravel(), np.stack([each.ravel() for each in columns], axis=1)


def test_predictions_are_those_of_numpy() -> None:
    np.testing.assert_allclose(
        model().predict(data(), instance_values()), expected(instance_values()), rtol=4e-15
    )


def test_derivatives_are_those_of_differences() -> None:
    found = model().predict_jacobian(data(), instance_values())
    weightless = RowData.of(data().inputs[:, :ROWS], np.zeros((2, ROWS)), np.ones((2, ROWS)), data().group)
    assert found.shape == (6, 2, ROWS)
    np.testing.assert_array_equal(found[-1], model().predict(weightless, instance_values()))
    _, jacobian = residual_jacobian()
    weighed = (found[:-1] * data().weight[:, :ROWS]).reshape(5, -1).T
    np.testing.assert_allclose(weighed, jacobian, atol=2e-9)


@pytest.mark.parametrize("bounds", [[0, ROWS], [0, 20, 40, ROWS], [0, 3, 24, 25, ROWS]])
def test_triangles_of_chunks_have_the_products_of_all_rows(bounds: list[int]) -> None:
    residual, jacobian = residual_jacobian()
    layout = model().layout(data(), np.array(bounds))
    triangles, cost, nonfinite = model().linearize(data(), layout, instance_values())
    whole = np.concatenate([jacobian, residual[:, None]], axis=1)
    found = np.einsum("cki,ckj->ij", triangles, triangles)
    np.testing.assert_allclose(found, whole.T @ whole, rtol=1e-8, atol=1e-8)
    assert cost.sum() == pytest.approx(residual @ residual, rel=1e-13)
    assert not nonfinite.any()
    alone, _ = model().cost(data(), layout, instance_values())
    np.testing.assert_allclose(alone, cost, rtol=1e-14)


def test_references_that_are_missing_and_weights_of_zero_have_no_part() -> None:
    assert data().n_residuals == 2 * ROWS - 3
    residual = model().residual(data(), model().layout(data(), np.array([0, ROWS])), instance_values())
    assert np.flatnonzero(residual == 0.0).tolist() == [4, 9, ROWS + 7]


def test_parameters_that_share_a_column_add_their_derivatives() -> None:
    tied = RowModel(BoundPotential(FORM, LABELS), range(5), [0, 0, 0, 1, 2])
    own = model().predict_jacobian(data(), instance_values())
    order = [each.name for each in model().bound.instances]
    assert order[:3] == ["A", "A", "A"]
    found = tied.predict_jacobian(data(), instance_values())
    np.testing.assert_allclose(found[0], own[:3].sum(axis=0), rtol=1e-15)
    np.testing.assert_array_equal(found[1:], own[3:])


def test_the_curvature_is_that_of_second_differences() -> None:
    residual, jacobian = residual_jacobian()
    velocity, h = np.array([0.3, -0.2, 0.1, 0.5, -0.4]), 1e-3
    here = instance_values()
    weight = data().weight[:, :ROWS]
    there = (weight * (expected(here + h * velocity) - data().reference[:, :ROWS])).ravel()
    second = 2.0 / h * ((there - residual) / h - jacobian @ velocity)
    layout = model().layout(data(), np.array([0, 20, 40, ROWS]))
    found = model().curvature(data(), layout, here, here + h * velocity, velocity, h)
    np.testing.assert_allclose(found.sum(axis=0), jacobian.T @ second, atol=1e-4)


def test_a_chunk_has_the_columns_of_its_groups_only() -> None:
    layout = model().layout(data(), np.array([0, 10, 25, ROWS]))
    columns = [
        layout.columns_of[a:b].tolist()
        for a, b in zip(layout.first_column[:-1], layout.first_column[1:], strict=True)
    ]
    assert columns == [[0, 3, 4], [0, 1, 2, 3, 4], [2, 3, 4]]
    assert layout.run_group.tolist() == [0, 0, 1, 2, 2]
    assert layout.run_row.tolist() == [0, 10, 20, 21, 25, ROWS]


def test_what_is_not_finite_is_counted() -> None:
    values = instance_values()
    values[3] = 0.0  # tau
    _, _, nonfinite = model().linearize(data(), model().layout(data(), np.array([0, ROWS])), values)
    assert nonfinite[0] > 0


def test_a_part_of_the_rows_has_the_same_bits() -> None:
    part = data().part(20, 53)
    np.testing.assert_array_equal(
        model().predict(part, instance_values()), model().predict(data(), instance_values())[:, 20:]
    )


def test_for_few_rows_the_kernel_with_derivatives_does_without_them() -> None:
    few, many = (compiled_rows(FORM, LABELS, range(5), rows=rows) for rows in (6553, 6554))
    assert isinstance(few, RowModel)
    assert isinstance(many, RowModel)
    assert few._without_columns is few._with_columns
    assert many._without_columns is not many._with_columns
    layout = few.layout(data(), np.array([0, 20, 40, ROWS]))
    values = instance_values()
    np.testing.assert_array_equal(few.cost(data(), layout, values), few.linearize(data(), layout, values)[1:])
    np.testing.assert_allclose(few.predict(data(), values), model().predict(data(), values), rtol=1e-14)
