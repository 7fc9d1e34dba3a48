"""Whole fits on the stand-in for a device: the processor's parameters, the same bits every time."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np
import pytest
from emulated import HostDevice, compiler_missing

from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.workflow import run
from hpcfit.workflow.devices import Devices, RankDevice

pytestmark = pytest.mark.skipif(compiler_missing() is not None, reason=str(compiler_missing()))


def fit(job: Any, monkeypatch: pytest.MonkeyPatch, device: HostDevice | None, *edits: tuple[str, str]) -> Any:
    """The result of a job, on a device or, without one, on the processor."""
    found = Devices() if device is None else Devices((RankDevice("emulated", "here"),), device)
    monkeypatch.setattr(run, "choose_devices", lambda *_: found)
    job.write(*edits)
    run.run_job(SerialCommunicator(), job.path, restart=True)
    return job.result()


def values(result: Any) -> np.ndarray:
    return np.array([each["value"] for each in result["parameters"]])


def test_a_fit_ends_at_the_parameters_of_the_processor(silicon: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = fit(silicon, monkeypatch, None)
    device = HostDevice()
    found = fit(silicon, monkeypatch, device)
    np.testing.assert_allclose(values(found), values(expected), rtol=1e-9)
    assert found["status"] == expected["status"]
    assert found["loss"] == pytest.approx(expected["loss"], rel=1e-9)
    assert device.launches > 0
    gc.collect()
    assert device.used == 0


def test_two_fits_have_the_same_bits(silicon: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = []
    for device in (HostDevice(), HostDevice(reverse=True)):
        fit(silicon, monkeypatch, device)
        outcomes.append(silicon.outcome())
    assert outcomes[0] == outcomes[1]


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


def test_an_iteration_needs_few_launches(silicon: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    device = HostDevice()
    iterations = fit(silicon, monkeypatch, device)["counts"]["iterations"]
    assert device.launches <= 30 * iterations


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
    silicon: Any, monkeypatch: pytest.MonkeyPatch, edits: list[tuple[str, str]]
) -> None:
    expected = fit(silicon, monkeypatch, None, *edits)
    found = fit(silicon, monkeypatch, HostDevice(), *edits)
    np.testing.assert_allclose(values(found), values(expected), rtol=1e-7)
    assert found["loss"] == pytest.approx(expected["loss"], rel=1e-9)


FUNCTION = """
def residual(identifier, natoms, weight, prediction, reference, data):
    found = weight.config_weight * (prediction - reference)
    found[0] *= weight.energy_weight
    found[1:] *= weight.forces_weight
    return found
"""


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
