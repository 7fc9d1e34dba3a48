"""What `hpcfit check` tells of devices, on machines that stand in for this one; nothing is opened."""

from __future__ import annotations

import re
from typing import Any

import pytest

from hpcfit.devices.driver import Card, Driver
from hpcfit.devices.machine import Machine
from hpcfit.workflow import devices
from hpcfit.workflow.check import check_job

GIB = 2**30
CUPY = {"cupy-cuda12x": "14.2.0"}


def lines_of(
    silicon: Any, monkeypatch: pytest.MonkeyPatch, machine: Machine, device: str, ranks: int = 1
) -> list[str]:
    """The lines on devices and their memory."""
    monkeypatch.setattr(devices, "find_machine", lambda: machine)
    silicon.write(('folder = "run"', f'folder = "run"\ndevice = {device}'))
    lines = check_job(silicon.path, ranks).splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith("device "))
    return [line for line in lines[begin:] if not line.startswith(("chunks", "memory"))]


def machine_with(memory: float, cards: int = 1) -> Machine:
    found = tuple(Card("NVIDIA H200", int(memory), identity=f"card{k}") for k in range(cards))
    return Machine(Driver((12, 8), "570.86.15", found), CUPY)


def test_devices_are_named_with_the_memory_that_a_rank_needs(
    silicon: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, memory = lines_of(silicon, monkeypatch, machine_with(140 * GIB, 2), '"auto"', 4)
    assert first == "device         cuda"
    assert second == (
        "               devices: 2 x NVIDIA H200 (140.0 GiB), 2 ranks on each; NVIDIA driver 570.86.15 (CUDA "
        "12.8), CuPy 14.2.0"
    )
    assert re.fullmatch(
        r"device memory  about 5\d\d MiB per rank on 4 ranks: bonds and rows \d+ MiB, derivatives \d+ MiB, "
        r"while computing \d+ MiB, CUDA 500 MiB",
        memory,
    )


def test_what_does_not_fit_is_streamed_and_what_never_fits_is_told(
    silicon: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tight = machine_with(500.1 * 2**20 + 0.3 * 2**20)
    *_, last = lines_of(silicon, monkeypatch, tight, '"cuda"')
    assert last == (
        "               of 500 MiB for 1 rank: data are streamed from the host, in parts that fit, which "
        "takes longer. More devices avoid it."
    )
    *_, last = lines_of(silicon, monkeypatch, machine_with(600 * 2**20), '"cuda"', 2)
    assert last == (
        "               of 600 MiB for 2 ranks: too little for the largest part, which cannot be divided. "
        "Let fewer ranks share a device, or use the CPU."
    )


def test_a_job_for_gpus_can_be_checked_where_there_is_none(
    silicon: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, memory = lines_of(silicon, monkeypatch, Machine(None, CUPY), '"cuda"')
    assert first == (
        "device         cuda, but not on this machine: this machine has no NVIDIA driver (libcuda.so.1 is "
        "not found). Run on a machine with an NVIDIA GPU; a container must be given it (docker run --gpus "
        "all, apptainer exec --nv)."
    )
    assert memory.startswith("device memory  about ")


def test_without_a_gpu_auto_is_one_line(silicon: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lines_of(silicon, monkeypatch, Machine(), '"auto"') == ["device         cpu (no NVIDIA driver)"]
    assert lines_of(silicon, monkeypatch, machine_with(GIB), '"cpu"') == ["device         cpu"]


def test_of_ranks_that_are_not_alike_both_kinds_are_told(
    silicon: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, memory = lines_of(silicon, monkeypatch, machine_with(140 * GIB), '["cuda", "cpu"]', 3)
    assert first == "device         cuda on 1 rank, cpu on 2"
    assert "device: NVIDIA H200 (140.0 GiB);" in second
    assert memory.startswith("device memory  about ")
