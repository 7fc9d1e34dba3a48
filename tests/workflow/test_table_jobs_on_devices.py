"""Jobs for tables on a device or the stand-in for one: what they say, and the same bits every time."""

from __future__ import annotations

import gc
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from emulated import HostDevice, compiler_missing

from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.workflow import run
from hpcfit.workflow.check import check_job
from hpcfit.workflow.devices import Devices, RankDevice

EQUATION_OF_STATE = Path(__file__).parents[2] / "jobs" / "equation-of-state"
#: of tests that ask the stand-in what no card tells
on_the_stand_in = pytest.mark.skipif(compiler_missing() is not None, reason=str(compiler_missing()))

DATA = '[data]\ntable = "t.csv"\ny = ["y"]\nx = ["x"]\n'
DECAYS = (
    DATA + 'group = "g"\n[model]\nformula = "A*exp(-x/tau) + c"\nper_group = ["A"]\n'
    "[model.parameters]\nA = { initial = 1 }\ntau = { initial = 1 }\nc = { initial = 0 }\n"
)
NETWORK = DATA + '[model]\nname = "mlp"\nlayers = [3]\n[optimizer]\nmax_iterations = 8\n'
ROBUST = '[loss]\nname = "huber"\nscale = 0.5\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a table of three groups."""
    random = np.random.default_rng(1)
    group, x = np.repeat([0, 1, 2], 80), random.uniform(0.0, 6.0, 240)
    y = (1.0 + group) * np.exp(-x / 2.5) + 0.3 + 0.02 * random.normal(size=240)
    cells = [f"{a!r},{b!r},{c}" for a, b, c in zip(x.tolist(), y.tolist(), group.tolist(), strict=True)]
    (tmp_path / "t.csv").write_text("x,y,g\n" + "\n".join(cells) + "\n")
    return tmp_path


def fit(folder: Path, job: str, monkeypatch: pytest.MonkeyPatch, device: Any) -> dict[str, Any]:
    """The result of a job, on a device or, with None, on the processor."""
    found = Devices() if device is None else Devices((RankDevice(device.name, "here"),), device)
    monkeypatch.setattr(run, "choose_devices", lambda *_: found)
    (folder / "job.toml").write_text(job)
    run.run_job(SerialCommunicator(), folder / "job.toml", restart=True)
    result: dict[str, Any] = json.loads((folder / "run" / "result.json").read_text())
    return result


def log(folder: Path) -> str:
    return " ".join((folder / "run" / "log.txt").read_text().split())


@pytest.mark.parametrize("job", [DECAYS, NETWORK], ids=["formula", "network"])
def test_a_job_gives_the_same_bits_twice_and_the_numbers_of_the_processor(
    folder: Path, job: str, monkeypatch: pytest.MonkeyPatch, new_device: Callable[[], Any]
) -> None:
    device = new_device()
    other = HostDevice(reverse=True) if isinstance(device, HostDevice) else new_device()
    expected, found, again = (fit(folder, job, monkeypatch, each) for each in (None, device, other))
    assert found["status"] == expected["status"]
    assert found["loss"] == pytest.approx(expected["loss"], rel=1e-9)
    for mine, theirs in zip(found["parameters"], expected["parameters"], strict=True):
        assert mine["value"] == pytest.approx(theirs["value"], rel=1e-9, abs=1e-9)
    rmse = [result["rmse"]["train"]["y"] for result in (found, expected)]
    assert rmse[0] == pytest.approx(rmse[1], rel=1e-9)
    assert found["provenance"]["device"] == "cuda"
    for name in ("status", "loss", "objective_history", "parameters", "rmse", "counts"):
        assert found[name] == again[name]
    gc.collect()
    assert device.launches > 0
    if isinstance(device, HostDevice):
        assert device.used == 0


@on_the_stand_in
def test_a_device_without_room_is_told_of_in_the_log(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = fit(folder, DECAYS, monkeypatch, HostDevice())
    found = fit(folder, DECAYS, monkeypatch, HostDevice(memory_limit=15_000))
    assert found["parameters"] == expected["parameters"]
    assert "note: device emulated has no room for all rows of a rank: they are copied" in log(folder)


@on_the_stand_in
def test_robust_losses_stay_on_the_processor(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected, device = fit(folder, DECAYS + ROBUST, monkeypatch, None), HostDevice()
    found = fit(folder, DECAYS + ROBUST, monkeypatch, device)
    assert found["parameters"] == expected["parameters"]
    assert device.launches == 0
    assert "note: robust losses of tables are computed on the CPU, and so is all else of this fit" in log(
        folder
    )


def test_a_check_tells_what_of_the_memory_of_a_device_is_needed(
    folder: Path,
) -> None:
    (folder / "job.toml").write_text(DECAYS + '[run]\ndevice = "cuda"\n')
    assert (
        "device memory  about 500 MiB per rank on 1 rank: rows 0 MiB, while computing 0 MiB, CUDA 500 MiB"
    ) in check_job(folder / "job.toml", 1)
    (folder / "job.toml").write_text(DECAYS + ROBUST + '[run]\ndevice = "cuda"\n')
    found = check_job(folder / "job.toml", 1)
    assert "device memory  none: robust losses of tables are computed on the CPU" in found


def test_the_table_of_the_jobs_ends_at_the_parameters_of_the_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_device: Callable[[], Any]
) -> None:
    shutil.copytree(EQUATION_OF_STATE, tmp_path / "job", ignore=shutil.ignore_patterns("run*"))
    job, device = (tmp_path / "job" / "job.toml").read_text(), new_device()
    expected, found = (fit(tmp_path / "job", job, monkeypatch, each) for each in (None, device))
    assert device.launches > 0
    assert found["status"] == expected["status"]
    for mine, theirs in zip(found["parameters"], expected["parameters"], strict=True):
        assert mine["value"] == pytest.approx(theirs["value"], rel=1e-9)
