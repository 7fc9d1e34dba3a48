"""Neural networks: derivatives, second derivatives, folding, and what is fixed."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from hpcfit.errors import KernelError
from hpcfit.formula.bound_potential import BoundPotential
from hpcfit.formula.network import Network
from hpcfit.kernels.rows.network_model import NetworkModel
from hpcfit.kernels.rows.row_data import RowData
from hpcfit.linalg.merge_order import MergeOrder
from hpcfit.linalg.wide import WIDE
from hpcfit.parallel.tree import merge_triangles

FloatArray = NDArray[np.float64]
ACTIVATIONS = ["tanh", "softplus", "sin"]
ROWS = 40


def table() -> tuple[FloatArray, FloatArray, FloatArray]:
    """Inputs, outputs and weights; two outputs have no part."""
    draw = np.random.default_rng(3)
    y, weight = draw.standard_normal((2, ROWS)), draw.uniform(0.5, 2.0, (2, ROWS))
    y[1, 7], weight[0, 3] = np.nan, 0.0
    return 5.0 + 2.0 * draw.standard_normal((2, ROWS)), y, weight


def network(activation: str, layers: tuple[int, ...] = (3, 2)) -> Network:
    x, y, _ = table()
    made = Network("mlp", layers, activation, 5).of_columns(("a", "b"), ("y", "z"))  # type: ignore[arg-type]
    return made.started(x, y, np.zeros(ROWS, np.int32), ("",))


def ready(form: Network, **columns: list[int]) -> tuple[NetworkModel, RowData, FloatArray]:
    x, y, weight = table()
    active = columns.get("active", list(range(form.n_weights)))
    model = NetworkModel(BoundPotential(form, ("",)), active, columns.get("columns"))
    values = np.array([spec.default for spec in form.parameters], dtype=np.float64)
    return model, RowData.of(x, y, weight, np.zeros(ROWS, np.int32)), values


def residual(model: NetworkModel, data: RowData, values: FloatArray) -> FloatArray:
    return model.residual(data, model.layout(data, np.array([0, ROWS])), values)


def plain(form: Network, values: FloatArray, x: FloatArray) -> FloatArray:
    """The network as its description says, number by number."""
    numbers = dict(zip([spec.name for spec in form.parameters], values.tolist(), strict=True))
    act = {"tanh": np.tanh, "sin": np.sin, "softplus": lambda h: np.log(1.0 + np.exp(h))}[form.activation]
    units = [(row - numbers[f"x_shift[{j}]"]) / numbers[f"x_scale[{j}]"] for j, row in enumerate(x)]
    for layer, size in enumerate(form.sizes[1:], start=1):
        sums = [
            sum(numbers[f"W{layer}[{i},{j}]"] * unit for j, unit in enumerate(units))
            + numbers[f"b{layer}[{i}]"]
            for i in range(size)
        ]
        units = sums if layer == len(form.sizes) - 1 else [act(h) for h in sums]
    return np.array([numbers[f"y_shift[{i}]"] + numbers[f"y_scale[{i}]"] * u for i, u in enumerate(units)])


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_predictions_are_those_that_the_names_of_the_parameters_promise(activation: str) -> None:
    form = network(activation)
    model, data, values = ready(form)
    np.testing.assert_allclose(model.predict(data, values), plain(form, values, table()[0]), rtol=1e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_jacobian_is_that_of_central_differences(activation: str) -> None:
    model, data, values = ready(network(activation))
    found = model.predict_jacobian(data, values)
    for k in range(model.n_columns):
        step = np.zeros_like(values)
        step[k] = 1e-6
        expected = (model.predict(data, values + step) - model.predict(data, values - step)) / 2e-6
        np.testing.assert_allclose(found[k], expected, rtol=1e-6, atol=1e-7)
    np.testing.assert_array_equal(found[-1], model.predict(data, values))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_curvature_is_that_of_second_differences(activation: str) -> None:
    model, data, values = ready(network(activation))
    bounds = np.array([0, 17, 17, ROWS])
    layout = model.layout(data, bounds)
    velocity = np.random.default_rng(0).standard_normal(model.n_columns)
    rate = np.zeros_like(values)
    rate[: model.n_columns] = velocity
    found = model.curvature(data, layout, values, values + 0.1 * rate, velocity, 0.1)
    h = 1e-4
    around = [residual(model, data, values + shift * rate) for shift in (h, 0.0, -h)]
    second = (around[0] - 2.0 * around[1] + around[2]) / h**2
    slopes = model.predict_jacobian(data, values)[:-1] * data.weight[:, :ROWS]
    expected = slopes.reshape(model.n_columns, -1) @ second
    np.testing.assert_allclose(found.sum(axis=0), expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())
    assert not found[1].any()


def test_values_that_bend_count_in_the_curvature() -> None:
    model, data, values = ready(network("tanh"))
    layout = model.layout(data, np.array([0, ROWS]))
    rate = np.zeros_like(values)
    rate[:3] = 1.0, -0.5, 0.25
    bend = np.zeros_like(values)
    bend[1] = 2.0
    there = values + 0.1 * rate + 0.005 * bend
    found = model.curvature(data, layout, values, there, rate[: model.n_columns], 0.1)
    straight = model.curvature(data, layout, values, values + 0.1 * rate, rate[: model.n_columns], 0.1)
    slopes = (model.predict_jacobian(data, values)[:-1] * data.weight[:, :ROWS]).reshape(model.n_columns, -1)
    np.testing.assert_allclose(
        found - straight, (slopes @ (slopes.T @ bend[: model.n_columns]))[None], rtol=1e-9
    )


def test_triangles_costs_and_gradients_are_those_of_the_rows() -> None:
    model, data, values = ready(network("softplus"))
    layout = model.layout(data, np.array([0, 3, ROWS]))
    triangles, cost, nonfinite = model.linearize(data, layout, values)
    rows = model.predict_jacobian(data, values)[:-1] * data.weight[:, :ROWS]
    r = residual(model, data, values)
    whole = np.concatenate([rows.reshape(model.n_columns, -1), r[None]])
    np.testing.assert_allclose(sum(t.T @ t for t in triangles), whole @ whole.T, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(cost.sum(), r @ r, rtol=1e-13)
    gradient, same_cost, _ = model.gradient(data, layout, values)
    np.testing.assert_allclose(gradient.sum(axis=0), whole[:-1] @ r, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(same_cost, cost, rtol=1e-13)
    np.testing.assert_allclose(model.cost(data, layout, values)[0], cost, rtol=1e-13)
    assert not nonfinite.any()


def test_some_weights_free_and_two_of_one_column() -> None:
    form = network("tanh")
    model, data, values = ready(form, active=[1, 4, 9], columns=[1, 0, 1])
    every, _, _ = ready(form)
    all_columns, found = every.predict_jacobian(data, values), model.predict_jacobian(data, values)
    np.testing.assert_array_equal(
        found, all_columns[[4, 1, -1]] + all_columns[[4, 9, -1]] * [[[0]], [[1]], [[0]]]
    )


def test_panels_of_a_chunk_give_its_triangle(monkeypatch: pytest.MonkeyPatch) -> None:
    model, data, values = ready(network("tanh"))
    layout = model.layout(data, np.array([0, ROWS]))
    whole = model.linearize(data, layout, values)[0]
    monkeypatch.setattr("hpcfit.kernels.rows.network_model._PANEL", 1)
    monkeypatch.setattr("hpcfit.kernels.rows.network_model._PER_COLUMN", 1)
    parts = model.linearize(data, layout, values)[0]
    assert (parts != whole).any()
    np.testing.assert_allclose(parts[0].T @ parts[0], whole[0].T @ whole[0], rtol=1e-9, atol=1e-10)


def test_wide_triangles_have_the_same_bits_however_chunks_are_spread() -> None:
    draw = np.random.default_rng(1)
    x, y = draw.uniform(-1.0, 1.0, (2, 1100)), draw.standard_normal((1, 1100))
    form = Network("mlp", (51,), "tanh").of_columns(("a", "b"), ("y",))
    model = NetworkModel(BoundPotential(form, ("",)), range(form.n_weights))
    assert model.n_columns + 1 >= WIDE
    data = RowData.of(x, y, np.ones_like(y), np.zeros(1100, np.int32))
    values = np.array([spec.default for spec in form.parameters], dtype=np.float64)
    bounds, order = np.array([0, 230, 460, 690, 920, 1100]), MergeOrder(5)
    found = []
    for holders in ([0, 5], [0, 2, 5], [0, 1, 1, 4, 5]):
        parts = []
        for first, last in pairwise(holders):
            own = data.part(int(bounds[first]), int(bounds[last]))
            layout = model.layout(own, bounds[first : last + 1] - bounds[first])
            triangles = model.linearize(own, layout, values)[0]
            merge_triangles(triangles, order.pairs(first, last) - first)
            parts.append(triangles)
        whole = np.concatenate(parts)
        merge_triangles(whole, order.remaining(np.array(holders)))
        found.append(whole[0])
    np.testing.assert_array_equal(found[1], found[0])
    np.testing.assert_array_equal(found[2], found[0])


def test_what_is_not_finite_is_counted() -> None:
    model, data, values = ready(network("sin"))
    values[0] = np.inf
    layout = model.layout(data, np.array([0, ROWS]))
    assert model.linearize(data, layout, values)[2].sum() > 0
    assert model.cost(data, layout, values)[1].sum() > 0
    assert model.gradient(data, layout, values)[2].sum() > 0


def test_initial_weights_are_the_seeds() -> None:
    first, again, other = (Network("mlp", (4,), "tanh", seed).of_columns("a", "y") for seed in (1, 1, 2))
    assert first.parameters == again.parameters
    assert first.parameters != other.parameters
    assert first.parameters[0].default == pytest.approx(0.04316647009793906, rel=1e-15)


def test_inputs_and_outputs_are_standardized_by_the_table() -> None:
    form = Network("mlp", (2,), "tanh").of_columns("a", "y")
    x, y = np.array([[1e200, 3e200]]), np.array([[2.0, np.nan]])
    numbers = {
        spec.name: spec.default for spec in form.started(x, y, np.zeros(2, np.int32), ("",)).parameters
    }
    assert numbers["x_shift[0]"] == pytest.approx(2e200)
    assert numbers["x_scale[0]"] == pytest.approx(1e200)
    assert (numbers["y_shift[0]"], numbers["y_scale[0]"]) == (2.0, 1.0)


def test_shifts_cannot_be_fitted() -> None:
    form = network("tanh")
    with pytest.raises(KernelError) as error:
        ready(form, active=[form.n_weights])
    expected = "model.parameters.x_shift[0]: shifts and scales cannot be fitted. Write fixed = true"
    assert str(error.value) == expected


def test_there_is_one_network_for_all_groups() -> None:
    with pytest.raises(KernelError) as error:
        network("tanh").grouped(["W1[0,0]"])
    assert str(error.value) == "mlp is one network for all groups. Give the group as an input"
