"""A model on a device answers on the host as the one on the processor does."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from emulated import HostDevice, compiler_missing
from written_potential import written_potential

from hpcfit.data import ConfigurationBlock, configuration, gather
from hpcfit.devices.device import OutOfDeviceMemory
from hpcfit.formula.potential import BoundPotential
from hpcfit.geometry import Geometry, build_geometry, part_of_geometry
from hpcfit.kernels import ResidualRows, compile_model

NewDevice = Callable[[], Any]
#: of tests that ask the stand-in what no card tells
on_the_stand_in = pytest.mark.skipif(compiler_missing() is not None, reason=str(compiler_missing()))
VALUES = np.array([0.02, 4.6])


def block() -> ConfigurationBlock:
    random = np.random.default_rng(3)
    base = 4.5 * np.array([(0, 0, 0), (0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5)])
    return gather(
        [
            configuration(
                f"argon-{c}", [18] * 4, base + random.normal(scale=0.1, size=(4, 3)), 4.5 * np.eye(3), True
            )
            for c in range(6)
        ]
    )


@pytest.fixture
def geometry() -> Geometry:
    made = block()
    return build_geometry(made, np.zeros(made.n_atoms, np.int32), 4.6)


def model(device: Any) -> Any:
    formula = written_potential(where="test", kinds={}, cutoff="rc", pair="k*(rc - r)**3/r")
    return compile_model([BoundPotential(formula, ("Ar",))], ("Ar",), [0, 1], True, device=device)


def test_predictions_and_derivatives_are_those_of_the_processor(
    geometry: Geometry, new_device: NewDevice
) -> None:
    on_device, on_host = model(new_device()), model(None)
    expected = on_host.predict(geometry, VALUES)
    np.testing.assert_allclose(on_device.predict(geometry, VALUES), expected, rtol=0, atol=1e-13)
    for first, last in ((0, 2), (2, 6)):
        found = on_device.predict_jacobian(geometry, first, last, VALUES)
        assert found.T.flags.c_contiguous
        expected = on_host.predict_jacobian(geometry, first, last, VALUES)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_triangles_and_residuals_are_those_of_the_processor(
    geometry: Geometry, new_device: NewDevice
) -> None:
    on_device, on_host = model(new_device()), model(None)
    random = np.random.default_rng(1)
    n = int(on_host.prediction_offsets(geometry)[-1])
    bounds = np.array([0, 2, 6])
    rows = ResidualRows(
        on_host.prediction_offsets(geometry)[bounds],
        np.arange(n),
        random.uniform(size=n),
        random.normal(size=n),
    )
    for ours, theirs in zip(
        on_device.linearize(geometry, bounds, rows, VALUES),
        on_host.linearize(geometry, bounds, rows, VALUES),
        strict=True,
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-12)
    ours, theirs = np.empty(n), np.empty(n)
    np.testing.assert_allclose(
        on_device.residual(geometry, bounds, rows, VALUES, ours)[0],
        on_host.residual(geometry, bounds, rows, VALUES, theirs)[0],
        rtol=1e-12,
    )
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


def test_all_configurations_cross_once_for_callers_that_go_through_them(
    geometry: Geometry, new_device: NewDevice
) -> None:
    device = new_device()
    made = model(device)
    made.predict_jacobian(geometry, 0, 1, VALUES)
    before = device.launches, device.bytes_out
    for c in range(1, 6):
        made.predict_jacobian(geometry, c, c + 1, VALUES)
    assert (device.launches, device.bytes_out) == before
    made.predict_jacobian(geometry, 0, 1, VALUES)
    assert device.launches > before[0]


@on_the_stand_in
def test_what_does_not_fit_is_computed_in_halves_to_the_same_bits(geometry: Geometry) -> None:
    whole = HostDevice()
    plenty = model(whole)
    expected = plenty.predict(geometry, VALUES).tobytes()
    columns = plenty.predict_jacobian(geometry, 0, 6, VALUES).tobytes()
    device = HostDevice(memory_limit=whole.most_bytes // 2)
    tight = model(device)
    assert tight.predict(geometry, VALUES).tobytes() == expected
    assert tight.predict_jacobian(geometry, 0, 6, VALUES).tobytes() == columns
    assert device.most_bytes <= whole.most_bytes // 2


@on_the_stand_in
def test_more_bonds_than_can_be_counted_are_computed_in_halves(
    geometry: Geometry, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = model(HostDevice()).predict(geometry, VALUES).tobytes()
    monkeypatch.setattr("hpcfit.kernels.cuda.place._MOST", len(geometry.distance) - 1)
    assert model(HostDevice()).predict(geometry, VALUES).tobytes() == expected


@on_the_stand_in
def test_one_configuration_without_room_is_an_error(geometry: Geometry) -> None:
    device = HostDevice(memory_limit=1000)
    with pytest.raises(OutOfDeviceMemory) as error:
        model(device).predict(geometry, VALUES)
    assert str(error.value) == (
        "device emulated: a configuration of 4 atoms and 72 bonds does not fit into its memory. "
        "Compute it on the CPU."
    )


@on_the_stand_in
def test_memory_is_given_back_with_the_geometry() -> None:
    device = HostDevice()
    made = model(device)
    own = block()
    geometry = build_geometry(own, np.zeros(own.n_atoms, np.int32), 4.6)
    made.predict(geometry, VALUES)
    held = device.used
    del geometry
    gc.collect()
    kernels_only = device.used
    assert kernels_only < held
    del made
    gc.collect()
    assert device.used == 0


def test_a_part_of_a_geometry_has_the_bonds_of_its_configurations() -> None:
    own = block()
    species = np.zeros(own.n_atoms, np.int32)
    part = part_of_geometry(build_geometry(own, species, 4.6), 2, 5)
    on_host = model(None)
    whole = on_host.predict(build_geometry(own, species, 4.6), VALUES)
    n = len(whole) // 6
    assert on_host.predict(part, VALUES).tobytes() == whole[2 * n : 5 * n].tobytes()
