"""Networks on a device or the stand-in for one: the processor's numbers, and the same bits every time."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from emulated import HostDevice, compiler_missing
from numpy.typing import NDArray

from hpcfit.formula.bound_potential import BoundPotential
from hpcfit.formula.network import Network
from hpcfit.kernels.rows.device import store
from hpcfit.kernels.rows.device.network_model import DeviceNetworkModel
from hpcfit.kernels.rows.device.network_source import network_source
from hpcfit.kernels.rows.network_model import NetworkModel
from hpcfit.kernels.rows.row_data import RowData
from hpcfit.linalg.wide import WIDE

#: of tests that ask the stand-in what no card tells
on_the_stand_in = pytest.mark.skipif(compiler_missing() is not None, reason=str(compiler_missing()))
NewDevice = Callable[[], Any]
FloatArray = NDArray[np.float64]
ACTIVATIONS = ["tanh", "softplus", "sin"]
ROWS = 2700
#: a chunk of more rows than a span among them
BOUNDS = np.array([0, 40, 300, 2500, ROWS])


def table(rows: int = ROWS) -> RowData:
    draw = np.random.default_rng(3)
    y, weight = draw.standard_normal((2, rows)), draw.uniform(0.5, 2.0, (2, rows))
    y[1, 7], weight[0, 3] = np.nan, 0.0
    return RowData.of(5.0 + 2.0 * draw.standard_normal((2, rows)), y, weight, np.zeros(rows, np.int32))


def bound(activation: str, layers: tuple[int, ...] = (4, 2)) -> BoundPotential[Network]:
    form = Network("mlp", layers, activation, 5).of_columns(("a", "b"), ("y", "z"))  # type: ignore[arg-type]
    own = table()
    x, y = own.inputs[:, :ROWS], own.reference[:, :ROWS]
    return BoundPotential(form.started(x, y, np.zeros(ROWS, np.int32), ("",)), ("",))


def start(network: BoundPotential[Network]) -> FloatArray:
    return np.array([spec.default for spec in network.formula.parameters], dtype=np.float64)


def everything(model: Any, own: RowData, bounds: NDArray[np.int64], values: FloatArray) -> list[FloatArray]:
    """Triangles, costs, gradients and curvatures of chunks."""
    layout = model.layout(own, bounds)
    triangles, cost, nonfinite = model.linearize(own, layout, values)
    assert not nonfinite.any()
    velocity = np.linspace(-1.0, 1.0, model.n_columns)
    there = values.copy()
    there[: len(velocity)] += 0.1 * velocity + 0.01 * velocity**2
    curvature = model.curvature(own, layout, values, there, velocity, 0.1)
    return [triangles, cost, *model.gradient(own, layout, values), curvature]


def compare(found: list[FloatArray], expected: list[FloatArray]) -> None:
    for here, there in zip(found[0], expected[0], strict=True):
        own, other = (each.T @ each for each in (here, there))
        np.testing.assert_allclose(own, other, rtol=0.0, atol=1e-12 * np.abs(other).max())
    for mine, theirs in zip(found[1:], expected[1:], strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-12, atol=1e-12 * np.abs(theirs).max())


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_triangles_gradients_and_curvatures_are_those_of_the_processor(
    activation: str, new_device: NewDevice
) -> None:
    network, own = bound(activation), table()
    active = range(network.formula.n_weights)
    models = DeviceNetworkModel(new_device(), network, active), NetworkModel(network, active)
    found, expected = (everything(model, own, BOUNDS, start(network)) for model in models)
    compare(found, expected)
    here, there = (model.predict_jacobian(own, start(network)) for model in models)
    np.testing.assert_allclose(here, there, rtol=1e-12, atol=1e-13)
    np.testing.assert_array_equal(models[0].predict(own, start(network)), here[-1])


def test_weights_that_share_a_column_or_have_none(new_device: NewDevice) -> None:
    network, own = bound("tanh"), table(40)
    chosen = [0, 1, 2, 5, 7, 9], [0, 1, 1, 2, 0, 3]
    models = DeviceNetworkModel(new_device(), network, *chosen), NetworkModel(network, *chosen)
    here, there = (model.predict_jacobian(own, start(network)) for model in models)
    np.testing.assert_allclose(here, there, rtol=1e-12, atol=1e-13)
    here, there = (
        model.gradient(own, model.layout(own, np.array([0, 40])), start(network))[0] for model in models
    )
    np.testing.assert_allclose(here, there, rtol=1e-12, atol=1e-12)


@on_the_stand_in
def test_many_weights_are_folded_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    network, own = bound("tanh", (12, 12)), table(700)
    active, bounds = range(network.formula.n_weights), np.array([0, 230, 700])
    assert len(active) + 1 >= WIDE
    monkeypatch.setattr(store, "PIECE", 0)
    device = HostDevice()
    found = everything(DeviceNetworkModel(device, network, active), own, bounds, start(network))
    assert device.kernels.count("copy") == 1 + 2  # of two and of three pieces
    expected = everything(NetworkModel(network, active), own, bounds, start(network))
    compare(found, expected)
    device.has_library = False  # type: ignore[misc]
    model = DeviceNetworkModel(device, network, active)
    triangles, _, _ = model.linearize(own, model.layout(own, bounds), start(network))
    compare([triangles], expected[:1])


@pytest.mark.parametrize("parts", [[0, 4], [0, 2, 4], [0, 1, 3, 4]])
def test_bits_depend_on_no_partition_and_no_order_of_blocks(parts: list[int], new_device: NewDevice) -> None:
    network = bound("sin")
    active = range(network.formula.n_weights)
    whole = everything(DeviceNetworkModel(new_device(), network, active), table(), BOUNDS, start(network))
    found = []
    for first, last in pairwise(parts):
        begin, end = BOUNDS[[first, last]].tolist()
        own, bounds = table().part(begin, end), BOUNDS[first : last + 1] - begin
        device = new_device()
        device = HostDevice(reverse=True) if isinstance(device, HostDevice) else device
        model = DeviceNetworkModel(device, network, active)
        found.append(everything(model, own, bounds, start(network)))
    for expected, each in zip(whole, zip(*found, strict=True), strict=True):
        np.testing.assert_array_equal(np.concatenate(each), expected)


@on_the_stand_in
def test_rows_without_room_are_streamed_to_the_same_bits() -> None:
    network = bound("softplus")
    bounds = np.append(np.arange(0, ROWS, 200), ROWS)
    active = range(network.formula.n_weights)
    expected = everything(DeviceNetworkModel(HostDevice(), network, active), table(), bounds, start(network))
    small = HostDevice(memory_limit=300_000)
    model = DeviceNetworkModel(small, network, active)
    for mine, theirs in zip(everything(model, table(), bounds, start(network)), expected, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert model.take_notes()[0].startswith("device emulated has no room for all rows of a rank")


@on_the_stand_in
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_threads_read_nothing_beside_arrays_and_write_apart(activation: str) -> None:
    network, own, bounds = bound(activation), table(300), np.array([0, 40, 300])
    active, device = range(network.formula.n_weights), HostDevice(checked=True, contracted=True)
    models = DeviceNetworkModel(device, network, active), NetworkModel(network, active)
    found, expected = (everything(model, own, bounds, start(network)) for model in models)
    compare(found, expected)
    shared = DeviceNetworkModel(device, network, [0, 1, 2, 5], [0, 1, 1, 2])
    shared.predict_jacobian(own, start(network))


@pytest.mark.nvrtc
@pytest.mark.parametrize("capability", [80, 90])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_kernels_compile_for_devices(activation: Any, capability: int) -> None:
    from hpcfit.devices.cuda import compile_source

    source = network_source(activation)
    code, log = compile_source(source, capability)
    assert code[:4] == b"\x7fELF"
    assert log.count("Compiling entry function") == source.count("__global__") == 10
    assert set(re.findall(r"(\d+) bytes spill stores", log)) == {"0"}
