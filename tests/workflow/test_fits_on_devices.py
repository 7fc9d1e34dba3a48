"""Whole fits on a device or the stand-in for one: the processor's parameters, the same bits every time."""

from __future__ import annotations

import gc
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from emulated import HostDevice, compiler_missing

from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.workflow import run
from hpcfit.workflow.devices import Devices, RankDevice

NewDevice = Callable[[], Any]
SILICON_SW = Path(__file__).parents[2] / "jobs" / "silicon-sw"
#: of tests that ask the stand-in what no card tells
on_the_stand_in = pytest.mark.skipif(compiler_missing() is not None, reason=str(compiler_missing()))


def fit(job: Any, monkeypatch: pytest.MonkeyPatch, device: Any, *edits: tuple[str, str]) -> Any:
    """The result of a job, on a device or, with None, on the processor."""
    found = Devices() if device is None else Devices((RankDevice(device.name, "here"),), device)
    monkeypatch.setattr(run, "choose_devices", lambda *_: found)
    job.write(*edits)
    run.run_job(SerialCommunicator(), job.path, restart=True)
    return job.result()


def values(result: Any) -> np.ndarray:
    return np.array([each["value"] for each in result["parameters"]])


def test_a_fit_ends_at_the_parameters_of_the_processor(
    silicon: Any, monkeypatch: pytest.MonkeyPatch, new_device: NewDevice
) -> None:
    expected = fit(silicon, monkeypatch, None)
    device = new_device()
    found = fit(silicon, monkeypatch, device)
    np.testing.assert_allclose(values(found), values(expected), rtol=1e-9)
    assert found["status"] == expected["status"]
    assert found["loss"] == pytest.approx(expected["loss"], rel=1e-9)
    assert device.launches > 0


def test_all_memory_is_given_back_after_a_fit(
    silicon: Any, monkeypatch: pytest.MonkeyPatch, new_device: NewDevice
) -> None:
    device = new_device()
    free = []
    for _ in range(3):  # the first one loads kernels, which stay
        fit(silicon, monkeypatch, device)
        gc.collect()
        device.release_memory()
        free.append(device.free_memory())
    assert free[2] == free[1]


def test_two_fits_have_the_same_bits(
    silicon: Any, monkeypatch: pytest.MonkeyPatch, new_device: NewDevice
) -> None:
    outcomes = []
    for _ in range(2):
        fit(silicon, monkeypatch, new_device())
        outcomes.append(silicon.outcome())
    assert outcomes[0] == outcomes[1]


@on_the_stand_in
def test_a_fit_has_the_same_bits_in_any_order_of_threads(
    silicon: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes = []
    for device in (HostDevice(), HostDevice(reverse=True)):
        fit(silicon, monkeypatch, device)
        outcomes.append(silicon.outcome())
        gc.collect()
        assert device.used == 0
    assert outcomes[0] == outcomes[1]


@pytest.mark.gpu
def test_the_silicon_of_the_jobs_ends_at_the_parameters_of_the_processor(tmp_path: Path) -> None:
    results = {}
    for device in ("cpu", "cuda"):
        folder = tmp_path / device
        shutil.copytree(SILICON_SW, folder, ignore=shutil.ignore_patterns("run*"))
        job = folder / "job.toml"
        job.write_text(job.read_text().replace("[run]\n", f'[run]\ndevice = "{device}"\n'))
        run.run_job(SerialCommunicator(), job)
        results[device] = json.loads((folder / "run" / "result.json").read_text())
    np.testing.assert_allclose(values(results["cuda"]), values(results["cpu"]), rtol=1e-9)
    assert results["cuda"]["loss"] == pytest.approx(results["cpu"]["loss"], rel=1e-9)
    assert results["cuda"]["provenance"]["device"] == "cuda"
    (device,) = results["cuda"]["provenance"]["devices"]
    assert device["ranks"] == [0]


@on_the_stand_in
def test_triangles_of_many_columns_are_merged_on_the_device(
    silicon: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = fit(silicon, monkeypatch, None)
    monkeypatch.setattr("hpcfit.problem.local_objective.MERGED_ON_DEVICE", 2)
    device = HostDevice()
    found = fit(silicon, monkeypatch, device)
    np.testing.assert_allclose(values(found), values(expected), rtol=1e-9)
    assert "merge_pairs" in device.kernels


@on_the_stand_in
def test_a_fit_on_a_device_without_room_streams_to_the_same_bits(
    silicon: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    roomy = HostDevice()
    fit(silicon, monkeypatch, roomy)
    expected = silicon.outcome()
    small = HostDevice(memory_limit=roomy.most_bytes // 3)
    fit(silicon, monkeypatch, small)
    assert silicon.outcome() == expected
    log = (silicon.run / "log.txt").read_text()
    assert (
        "note: device emulated has no room for all configurations of a rank: they are copied to it for each "
        "evaluation, while it computes others"
    ) in log.replace("\n", " ")


@on_the_stand_in
@pytest.mark.gpu
def test_a_fit_on_a_gpu_without_room_streams_to_the_same_bits(
    silicon: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hpcfit.devices.cuda import CudaDevice

    roomy, device = HostDevice(), CudaDevice()
    fit(silicon, monkeypatch, roomy)
    fit(silicon, monkeypatch, device)
    expected = silicon.outcome()
    gc.collect()
    device.release_memory()
    device.memory_limit = roomy.most_bytes // 2
    try:
        fit(silicon, monkeypatch, device)
    finally:
        device.memory_limit = None
    assert silicon.outcome() == expected
    log = (silicon.run / "log.txt").read_text().replace("\n", " ")
    assert "they are copied to it for each evaluation" in log


def test_an_iteration_needs_few_launches(
    silicon: Any, monkeypatch: pytest.MonkeyPatch, new_device: NewDevice
) -> None:
    device = new_device()
    iterations = fit(silicon, monkeypatch, device)["counts"]["iterations"]
    assert device.launches <= 30 * iterations
    log = (silicon.run / "log.txt").read_text()
    told = re.search(
        r"device of rank 0: (\d+) kernels started, (\d+\.\d) per iteration; \S+ MB copied there, \S+ MB back",
        log,
    )
    assert told is not None
    assert float(told[2]) == pytest.approx(int(told[1]) / iterations, abs=0.05)
    assert int(told[1]) <= device.launches


LENNARD_JONES = (
    'name = "stillinger-weber-kim"\nspecies = ["Si"]\n[potential.parameters]\n'
    "A      = { initial = 15.28484792, min = 0.1, max = 500 }\n"
    "B      = { initial = 0.60222456, min = 1e-3, max = 1e3 }\n"
    "gamma  = { initial = 2.51412, min = 0.1, max = 10 }\n"
    "lambda = { initial = 45.5322, min = 0.1, max = 500 }\n",
    'name = "lennard-jones"\nspecies = ["Si"]\n[potential.parameters]\n'
    "epsilon = { initial = 1.0 }\nsigma = { initial = 2.2 }\nrc = 5.0\n",
)
REFERENCE = ("[weights]\n", '[targets.reference_energies]\nSi = "fit"\n\n[weights]\n')


@pytest.mark.parametrize(
    "edits",
    [
        pytest.param([LENNARD_JONES, REFERENCE], id="lennard-jones"),
        pytest.param([("[run]\n", '[loss]\nname = "huber"\nscale = 1.5\n\n[run]\n')], id="robust loss"),
        pytest.param([("[run]\n", '[optimizer]\nname = "scipy:L-BFGS-B"\n\n[run]\n')], id="gradients"),
    ],
)
def test_other_fits_end_where_those_of_the_processor_do(
    silicon: Any, monkeypatch: pytest.MonkeyPatch, edits: list[tuple[str, str]], new_device: NewDevice
) -> None:
    expected = fit(silicon, monkeypatch, None, *edits)
    found = fit(silicon, monkeypatch, new_device(), *edits)
    np.testing.assert_allclose(values(found), values(expected), rtol=1e-7)
    assert found["loss"] == pytest.approx(expected["loss"], rel=1e-9)


FUNCTION = """
def residual(identifier, natoms, weight, prediction, reference, data):
    found = weight.config_weight * (prediction - reference)
    found[0] *= weight.energy_weight
    found[1:] *= weight.forces_weight
    return found
"""


@on_the_stand_in
def test_residual_functions_get_what_the_device_predicts(
    silicon: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (silicon.folder / "mine.py").write_text(FUNCTION)
    own = "[run]\n", '[residual]\nname = "mine.py:residual"\n\n[run]\n'
    expected = fit(silicon, monkeypatch, None, own)
    found = fit(silicon, monkeypatch, HostDevice(), own)
    np.testing.assert_allclose(values(found), values(expected), rtol=1e-7)
    log = (silicon.run / "log.txt").read_text()
    assert (
        "note: the residual is computed on the CPU: from the devices come 0.00627 MB of predictions for each "
        "residual, and 0.0314 MB with the derivatives"
    ) in log
