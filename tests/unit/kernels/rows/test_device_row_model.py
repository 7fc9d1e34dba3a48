"""Row models on a device or the stand-in for one: the processor's numbers, and the same bits every time."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from emulated import HostDevice, compiler_missing
from numpy.typing import NDArray
from plain_rows import graph_jacobian, plain_predictions
from table_models import catalogue, joined

from hpcfit.devices.device import OutOfDeviceMemory
from hpcfit.formula.bound_potential import BoundPotential
from hpcfit.formula.parameter_spec import ParameterSpec
from hpcfit.formula.row_formula import RowFormula
from hpcfit.kernels.rows.device.row_model import DeviceRowModel
from hpcfit.kernels.rows.row_data import RowData
from hpcfit.kernels.rows.row_model import RowModel

#: of tests that ask the stand-in what no card tells
on_the_stand_in = pytest.mark.skipif(compiler_missing() is not None, reason=str(compiler_missing()))
NewDevice = Callable[[], Any]
FloatArray = NDArray[np.float64]

# As in test_row_model.py, so that its kernels serve here as well.
FORM = RowFormula(
    "model",
    (("signal", "A*tail + background"), ("slope", "-A/tau*tail")),
    ("t",),
    tuple(ParameterSpec(name, "shared") for name in ("A", "tau", "background")),
    (("tail", "exp(-t/tau)"),),
).grouped(["A"])
SIZES = (900, 2500, 1, 40, 600)
LABELS = tuple(f"g{k}" for k in range(len(SIZES)))
ROWS = sum(SIZES)
#: chunks of one group and of several, and a long one, which is folded in several spans
BOUNDS = np.array([0, 300, 600, 3200, 3430, ROWS])
VALUES = np.array([1.5, 2.0, 2.5, 1.0, 0.5, 3.0, 0.25])
VELOCITY = np.array([0.3, -0.2, 0.1, 0.5, 0.2, -0.1, 0.4])


@cache
def processor() -> RowModel:
    return RowModel(BoundPotential(FORM, LABELS), range(7))


def on_device(device: Any = None) -> DeviceRowModel:
    return DeviceRowModel(device or HostDevice(), processor().bound, range(7))


@cache
def data() -> RowData:
    random = np.random.default_rng(3)
    reference = random.normal(size=(2, ROWS))
    reference[0, 4] = reference[1, 7] = np.nan
    weight = random.uniform(0.5, 2.0, size=(2, ROWS))
    weight[0, 9] = 0.0
    group = np.repeat(np.arange(len(SIZES)), SIZES).astype(np.int32)
    return RowData.of(random.uniform(0, 6, size=(1, ROWS)), reference, weight, group)


def alike(triangle: FloatArray) -> FloatArray:
    """With positive diagonal elements."""
    found: FloatArray = triangle * np.where(np.diag(triangle) < 0.0, -1.0, 1.0)[:, None]
    return found


def everything(model: Any, own: RowData, bounds: NDArray[np.int64]) -> list[FloatArray]:
    """Triangles, costs, counts and curvatures of chunks."""
    layout = model.layout(own, bounds)
    triangles, cost, nonfinite = model.linearize(own, layout, VALUES)
    costs, _ = model.cost(own, layout, VALUES)
    curvature = model.curvature(own, layout, VALUES, VALUES + 0.1 * VELOCITY, VELOCITY, 0.1)
    return [triangles, cost, nonfinite, costs, curvature]


def test_triangles_costs_and_curvatures_are_those_of_the_processor(new_device: NewDevice) -> None:
    models = processor(), on_device(new_device())
    expected, found = (everything(model, data(), BOUNDS) for model in models)
    for here, there in zip(found[0], expected[0], strict=True):
        scale = np.maximum(np.abs(there).max(axis=0), 1e-300)
        np.testing.assert_allclose(alike(here) / scale, alike(there) / scale, rtol=0.0, atol=1e-12)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-12)
    assert not found[2].any()
    # Values and columns are kernels of their own: one may round a product that the other fuses with a sum.
    np.testing.assert_allclose(found[3], found[1], rtol=1e-13)
    np.testing.assert_allclose(found[4], expected[4], rtol=1e-11, atol=1e-12 * np.abs(expected[4]).max())


def test_predictions_derivatives_and_residuals_are_those_of_the_processor(new_device: NewDevice) -> None:
    own, model = data(), on_device(new_device())
    here, there = (each.predict_jacobian(own, VALUES) for each in (model, processor()))
    np.testing.assert_allclose(here, there, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(model.predict(own, VALUES), here[-1], rtol=1e-14)
    here, there = (each.residual(own, each.layout(own, BOUNDS), VALUES) for each in (model, processor()))
    np.testing.assert_allclose(here, there, rtol=1e-12, atol=1e-12)


def test_values_that_share_a_column_or_have_none(new_device: NewDevice) -> None:
    bound, own = processor().bound, data()
    active, columns = [0, 1, 3, 4, 5, 6], [0, 1, 1, 0, 1, 2]
    models = DeviceRowModel(new_device(), bound, active, columns), RowModel(bound, active, columns)
    here, there = (each.predict_jacobian(own, VALUES) for each in models)
    np.testing.assert_allclose(here, there, rtol=1e-12, atol=1e-13)


def test_all_models_of_the_catalogue_are_as_numpy_computes_them(new_device: NewDevice) -> None:
    form = joined(catalogue())
    random = np.random.default_rng(5)
    x = random.uniform(0.5, 2.0, (1, 200))
    values = {spec.name: float(random.uniform(1.2, 1.8)) for spec in form.parameters}
    count = len(form.parameters)
    model = DeviceRowModel(new_device(), BoundPotential(form, ("",)), range(count))
    nothing = np.zeros((len(form.outputs), 200))
    own = RowData.of(x, nothing, nothing + 1.0, np.zeros(200, np.int32))
    found = model.predict_jacobian(own, np.array([values[each.name] for each in model.bound.instances]))
    expected = graph_jacobian(form, values, x)
    order = [[spec.name for spec in form.parameters].index(each.name) for each in model.bound.instances]
    expected = np.concatenate([expected[order], plain_predictions(form, values, x)[None]])
    scale = np.abs(expected).max(axis=2, keepdims=True)
    assert (np.abs(found - expected) <= 1e-12 * scale).all()


def reversed_of(new_device: NewDevice) -> Any:
    """Another device, whose blocks run in the opposite order if it is the stand-in."""
    device = new_device()
    return HostDevice(reverse=True) if isinstance(device, HostDevice) else device


@pytest.mark.parametrize("parts", [[0, 5], [0, 2, 5], [0, 1, 3, 5]])
def test_bits_depend_on_no_partition_and_no_order_of_blocks(parts: list[int], new_device: NewDevice) -> None:
    whole = everything(on_device(new_device()), data(), BOUNDS)
    found = []
    for first, last in pairwise(parts):
        begin, end = BOUNDS[[first, last]].tolist()
        own = data().part(begin, end)
        found.append(everything(on_device(reversed_of(new_device)), own, BOUNDS[first : last + 1] - begin))
    for expected, each in zip(whole, zip(*found, strict=True), strict=True):
        np.testing.assert_array_equal(np.concatenate(each), expected)


def test_a_part_of_the_chunks_has_the_bits_that_it_has_among_all(new_device: NewDevice) -> None:
    model = on_device(new_device())
    layout = model.layout(data(), BOUNDS)
    whole, _, _ = model.linearize(data(), layout, VALUES)
    found, _, _ = model.linearize(data(), layout.part(1, 4), VALUES)
    np.testing.assert_array_equal(found, whole[1:4])


def test_rows_stay_on_the_device_and_little_comes_back(new_device: NewDevice) -> None:
    device = new_device()
    model = on_device(device)
    layout = model.layout(data(), BOUNDS)
    model.linearize(data(), layout, VALUES)
    sent = device.bytes_in, device.bytes_out
    model.linearize(data(), layout, VALUES)
    assert device.bytes_in - sent[0] < 1000
    assert device.bytes_out - sent[1] < 8 * len(BOUNDS) * 100


@on_the_stand_in
@pytest.mark.parametrize("divisor", [2, 6])
def test_a_table_without_room_is_streamed_to_the_same_bits(divisor: int) -> None:
    roomy, bounds = HostDevice(), np.append(np.arange(0, ROWS, 300), ROWS)
    expected = everything(on_device(roomy), data(), bounds)
    model = on_device(HostDevice(memory_limit=roomy.most_bytes // divisor))
    layout = model.layout(data(), bounds)
    for _ in range(2):
        triangles, _, _ = model.linearize(data(), layout, VALUES)
    np.testing.assert_array_equal(triangles, expected[0])
    assert layout.streaming
    assert model.take_notes()[0] == (
        "device emulated has no room for all rows of a rank: they are copied to it for each evaluation, "
        "while it computes others"
    )
    assert model.take_notes() == []


@on_the_stand_in
def test_what_was_sent_ahead_for_other_chunks_is_let_go_of() -> None:
    roomy, bounds = HostDevice(), np.append(np.arange(0, ROWS, 300), ROWS)
    everything(on_device(roomy), data(), bounds)
    model = on_device(HostDevice(memory_limit=roomy.most_bytes // 6))
    layout = model.layout(data(), bounds)
    model.linearize(data(), layout, VALUES)
    batches = layout._store.batches
    count = len(batches)
    assert count >= 6
    for first, last in ((0, 1), (2, 3), (4, 5)):
        model.linearize(data(), layout.part(batches[first].chunks[0], batches[last].chunks[-1] + 1), VALUES)
        assert [k for k, each in enumerate(batches) if each.placed is not None] == [first]
    assert len(batches) == count
    assert layout._store.ahead


@on_the_stand_in
def test_a_device_that_is_much_too_small_says_so() -> None:
    model = on_device(HostDevice(memory_limit=50_000))
    with pytest.raises(OutOfDeviceMemory) as error:
        model.linearize(data(), model.layout(data(), BOUNDS), VALUES)
    assert str(error.value) == (
        "device emulated: its memory has no room for 300 rows with 3 parameters, which are computed "
        'together. Let fewer ranks share it, or write run.device = "cpu".'
    )


def test_other_weights_are_taken_and_what_is_not_finite_is_counted(new_device: NewDevice) -> None:
    model, own = on_device(new_device()), data()
    layout = model.layout(own, BOUNDS)
    other = replace(own, weight=2.0 * own.weight)
    cost, _ = model.cost(own, layout, VALUES)
    np.testing.assert_allclose(model.cost(other, layout, VALUES)[0], 4.0 * cost, rtol=1e-14)
    spoiled = replace(own, reference=own.reference.copy())
    spoiled.reference[1, 0] = np.inf
    _, _, nonfinite = model.linearize(spoiled, model.layout(spoiled, BOUNDS), VALUES)
    assert nonfinite.tolist() == [1, 0, 0, 0, 0]


@on_the_stand_in
def test_threads_read_nothing_beside_arrays_and_write_apart() -> None:
    device = HostDevice(checked=True, contracted=True)
    own, bounds = data().part(850, 1150), np.array([0, 60, 300])
    found, expected = (everything(each, own, bounds) for each in (on_device(device), processor()))
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-12)


@pytest.mark.nvrtc
@pytest.mark.parametrize("capability", [80, 90])
def test_the_kernels_compile_for_devices(capability: int) -> None:
    from hpcfit.devices.cuda import compile_source

    form = joined(catalogue())
    all_models = DeviceRowModel(HostDevice(), BoundPotential(form, ("",)), range(len(form.parameters)))
    for model in (on_device(), all_models):
        code, log = compile_source(model.source, capability)
        assert code[:4] == b"\x7fELF"
        assert log.count("Compiling entry function") == model.source.count("__global__") == 3
        if model is not all_models:  # which has more outputs at once than registers
            assert set(re.findall(r"(\d+) bytes spill stores", log)) == {"0"}
