"""Groups on a device: the numbers of the processor, the same bits however they are cut, memory given back."""

from __future__ import annotations

import gc
import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from emulated import HostDevice, compiler_missing

from hpcfit.devices.device import OutOfDeviceMemory
from hpcfit.kernels.cuda.model import CudaModel
from hpcfit.problem.device_group import DeviceGroup
from hpcfit.problem.device_memory import device_needs
from hpcfit.problem.geometry_keeper import MARGIN
from hpcfit.problem.groups import ResidualChoice, build_groups, part_of
from hpcfit.problem.local_objective import LocalObjective
from hpcfit.problem.memory import Amounts, MemoryPlan, estimate_bonds
from hpcfit.problem.reweigh import reweighed
from hpcfit.problem.targets import Targets
from hpcfit.residuals import EnergyForces
from hpcfit.weights import ConstantWeights

NewDevice = Callable[[], Any]
#: of tests that ask the stand-in what no card tells
on_the_stand_in = pytest.mark.skipif(compiler_missing() is not None, reason=str(compiler_missing()))
KEEP_ALL = MemoryPlan(True, True, np.inf, 0)
THETA, VELOCITY = np.array([0.021, 4.5]), np.array([0.3, -0.7])


def objective(problem: Any, device: Any, memory: MemoryPlan = KEEP_ALL, moving: bool = True) -> Any:
    own = problem.model
    active, columns = list(own._column_of), list(own._column_of.values())
    model = CudaModel(device, own.potentials, own.species, active, own.stress, columns)
    cutoff = model.cutoff(problem.parameters.values(problem.parameters.start)) * MARGIN
    groups = build_groups(
        problem.block,
        problem.bounds,
        estimate_bonds(problem.block.natoms, problem.block.volume, cutoff),
        species=model.species,
        targets=Targets(energy=True, forces=True, stress=True),
        scheme=ConstantWeights(config=2.0, energy=3.0, forces=0.5, stress=20.0),
        choice=ResidualChoice(EnergyForces(True), "test"),
        moving=moving,
        memory=memory,
        device=device,
    )
    assert all(isinstance(group, DeviceGroup) for group in groups)
    return LocalObjective(model, problem.parameters, groups)


def everything(made: LocalObjective) -> list[np.ndarray]:
    """All that an objective is asked for."""
    triangles, sums = made.linearize(THETA)
    curvature = made.curvature(THETA, VELOCITY, 0.01)
    cost, gradient = made.cost(THETA + 0.01), made.gradient(THETA)
    some = made.gradient(THETA, np.array([1, 3]) if made.n_chunks > 3 else np.arange(made.n_chunks))
    return [triangles, sums, curvature, cost, gradient, some]


def bits(made: LocalObjective) -> list[bytes]:
    return [each.tobytes() for each in everything(made)]


def upright(triangles: np.ndarray) -> np.ndarray:
    signs = np.where(np.diagonal(triangles, axis1=1, axis2=2) < 0.0, -1.0, 1.0)
    return triangles * signs[:, :, None]


def test_results_are_those_of_the_processor(problem: Any, new_device: NewDevice) -> None:
    ours, theirs = everything(objective(problem, new_device())), everything(problem.objective())
    np.testing.assert_allclose(upright(ours[0]), upright(theirs[0]), rtol=0, atol=1e-11)
    for found, expected in zip(ours[1:], theirs[1:], strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


def test_blocks_are_those_of_the_processor(problem: Any, new_device: NewDevice) -> None:
    pairs = zip(
        objective(problem, new_device()).blocks(THETA), problem.objective().blocks(THETA), strict=True
    )
    for ours, theirs in pairs:
        for found, expected in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@on_the_stand_in
def test_two_runs_have_the_same_bits_in_any_order_of_threads(problem: Any) -> None:
    expected = bits(objective(problem, HostDevice()))
    assert bits(objective(problem, HostDevice())) == expected
    assert bits(objective(problem, HostDevice(reverse=True))) == expected


@pytest.mark.parametrize("ends", [(0, 2, 4), (0, 1, 2, 4)])
def test_bits_do_not_depend_on_how_chunks_are_spread(
    problem: Any, ends: tuple[int, ...], new_device: NewDevice
) -> None:
    whole = everything(objective(problem, new_device()))
    parts = []
    for first, last in itertools.pairwise(ends):
        bounds = problem.bounds[first : last + 1]
        block = part_of(problem.block, int(bounds[0]), int(bounds[-1]))
        parts.append(
            everything(objective(replace(problem, block=block, bounds=bounds - bounds[0]), new_device()))
        )
    for k in range(5):
        assert np.concatenate([part[k] for part in parts]).tobytes() == whole[k].tobytes()


@pytest.mark.parametrize("memory", [MemoryPlan(False, True, 100.0, 0), MemoryPlan(False, False, 0.0, 0)])
def test_bits_do_not_depend_on_what_is_kept(problem: Any, memory: MemoryPlan, new_device: NewDevice) -> None:
    made = objective(problem, new_device(), memory)
    assert len(made.groups) > 1
    assert bits(made) == bits(objective(problem, new_device()))


def test_what_is_constant_is_copied_once(problem: Any, new_device: NewDevice) -> None:
    device = new_device()
    made = objective(problem, device)
    made.linearize(THETA)
    before = device.bytes_in
    made.linearize(THETA + 1e-3)
    values = made.parameters.values(THETA)
    assert device.bytes_in - before == 8 * (len(values) + 1)


@on_the_stand_in
def test_a_jacobian_that_is_kept_is_not_computed_again(problem: Any) -> None:
    device = HostDevice()
    made = objective(problem, device)
    made.linearize(THETA)
    device.kernels.clear()
    made.curvature(THETA, VELOCITY, 0.01)
    with_kept = len(device.kernels)
    made = objective(problem, device, MemoryPlan(False, True, np.inf, 0))
    made.linearize(THETA)
    device.kernels.clear()
    made.curvature(THETA, VELOCITY, 0.01)
    assert len(device.kernels) > with_kept


def used_by(problem: Any) -> int:
    device = HostDevice()
    everything(objective(problem, device))
    return device.most_bytes


@on_the_stand_in
def test_groups_make_room_for_predictions_that_are_wanted_beside_them(
    problem: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = objective(problem, HostDevice())
    expected = made.linearize(THETA)[0].tobytes()
    geometry, values = made.groups[0].keeper.at(4.6), made.parameters.values(THETA)
    predictions = made.model.predict(geometry, values).tobytes()

    device = HostDevice()
    made = objective(problem, device)
    room, emptied = made.groups[0].room, []
    monkeypatch.setattr(room, "empty", lambda empty=room.empty: emptied.append(empty()))
    made.linearize(THETA)
    device.memory_limit = device.used + 1000
    device.kernels.clear()
    assert made.model.predict(geometry, values).tobytes() == predictions
    assert device.kernels.count("finish") == 1  # all at once
    assert len(emptied) == 1
    device.memory_limit = None
    assert made.linearize(THETA)[0].tobytes() == expected
    assert not room.streaming


@on_the_stand_in
@pytest.mark.parametrize("fraction", [0.8, 0.5])
def test_chunks_are_streamed_where_the_device_has_no_room_for_all(problem: Any, fraction: float) -> None:
    limit = int(fraction * used_by(problem))
    device = HostDevice(memory_limit=limit)
    made = objective(problem, device)
    assert bits(made) == bits(objective(problem, HostDevice()))
    assert device.most_bytes <= limit
    (group,) = made.groups
    assert group.n_parts > 1
    notes = list(group.room.take_notes())
    assert notes[0] == (
        "device emulated has no room for all configurations of a rank: they are copied to it for each "
        "evaluation, while it computes others"
    )
    assert list(group.room.take_notes()) == []
    before = device.bytes_in, device.bytes_out
    made.cost(THETA)
    assert device.bytes_in - before[0] > 1000
    assert device.bytes_out - before[1] == 16 * made.n_chunks  # what is copied there waits on the host


@on_the_stand_in
def test_some_of_the_chunks_are_streamed_without_others_in_their_way(problem: Any) -> None:
    limit = int(0.6 * used_by(problem))
    device = HostDevice(memory_limit=limit)
    made, roomy = objective(problem, device), objective(problem, HostDevice())
    made.linearize(THETA)
    (group,) = made.groups
    parts = group.n_parts
    assert parts > 2
    for chunks in ([0], [3], [1], [0, 2], [3], [0, 3], [2]):
        found = made.gradient(THETA, np.array(chunks))
        assert found.tobytes() == roomy.gradient(THETA, np.array(chunks)).tobytes()
        assert sum(part.placed is not None for part in group._parts._parts) <= 1
    assert group.n_parts == parts
    assert group.room.ahead  # copies still overlap with kernels


@on_the_stand_in
def test_a_group_that_does_not_fit_after_all_is_halved(problem: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hpcfit.problem.device_parts.parts_that_fit", lambda *_: None)
    device = HostDevice(memory_limit=used_by(problem) // 2)
    made = objective(problem, device)
    assert bits(made) == bits(objective(problem, HostDevice()))
    (group,) = made.groups
    assert group.n_parts > 1
    assert list(group.room.take_notes())[1] == (
        "device emulated has no room for 7 configurations at once: they are computed in two halves from here "
        "on"
    )


@on_the_stand_in
def test_a_chunk_without_room_is_an_error(problem: Any) -> None:
    made = objective(problem, HostDevice(memory_limit=4000))
    with pytest.raises(OutOfDeviceMemory) as error:
        made.linearize(THETA)
    assert str(error.value) == (
        "device emulated: its memory has no room for 12 atoms, which are computed together. Let fewer ranks "
        'share it, or write run.device = "cpu".'
    )


@on_the_stand_in
def test_the_memory_that_is_predicted_is_what_is_used(problem: Any) -> None:
    device = HostDevice()
    made = objective(problem, device)
    everything(made)
    (group,) = made.groups
    bonds = len(group.keeper.at(4.6).distance)
    amounts = Amounts(problem.block.n_atoms, 0, group.n_residuals, bonds, chunks=4)
    predicted = device_needs(CudaModel.planned(made.model), amounts, len(problem.block))
    assert predicted.everything == pytest.approx(device.most_bytes, rel=0.2)
    assert predicted.largest < 0.5 * predicted.everything


def test_two_runs_have_the_same_bits(problem: Any, new_device: NewDevice) -> None:
    assert bits(objective(problem, new_device())) == bits(objective(problem, new_device()))


@on_the_stand_in
def test_memory_is_given_back(problem: Any) -> None:
    device = HostDevice()
    made = objective(problem, device)
    everything(made)
    held = device.used
    made.release()
    gc.collect()
    assert device.used < held
    everything(made)
    del made
    gc.collect()
    assert device.used == 0


def test_a_cutoff_that_outgrows_the_bonds_brings_new_ones(problem: Any, new_device: NewDevice) -> None:
    ours, theirs = objective(problem, new_device()), problem.objective()
    for cutoff in (4.5, 5.4, 4.6):
        theta = np.array([0.02, cutoff])
        np.testing.assert_allclose(ours.cost(theta), theirs.cost(theta), rtol=1e-12)


def test_configurations_can_count_more_or_less(problem: Any, new_device: NewDevice) -> None:
    factors = np.array([0.0, 1.0, 2.0, 1.0, 0.5, 1.0, 3.0])
    ours = reweighed(objective(problem, new_device()), factors).cost(THETA)
    theirs = reweighed(problem.objective(), factors).cost(THETA)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_an_empty_share_has_empty_results(make_problem: Callable[..., Any], new_device: NewDevice) -> None:
    from hpcfit.data import gather

    device = new_device()
    made = objective(make_problem(gather([]), (0,)), device)
    assert made.linearize(THETA)[0].shape == (0, 3, 3)
    assert made.cost(THETA).shape == (0, 2)
    assert device.launches == 0
