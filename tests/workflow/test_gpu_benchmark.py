"""jobs/benchmarks/gpu.py on the stand-in for a device, so that it works where there is one."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from emulated import HostDevice, compiler_missing

from hpcfit.devices.machine import Machine

BENCHMARKS = Path(__file__).parents[2] / "jobs" / "benchmarks"

pytestmark = pytest.mark.skipif(compiler_missing() is not None, reason=str(compiler_missing()))

FUSED = """
extern "C" __global__ void fused(long long n, const double *__restrict__ x, const double *unused, double *y)
{
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n && x[i] > 0.0) y[i] = fma(x[i], 2.0, 1.0) + exp(-x[i]) / (x[i] - 3.0);
}
"""


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import gpu

    return gpu


def call(benchmark: Any, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["gpu.py", *arguments])
    code: int = benchmark.main()
    return code


def test_without_a_gpu_it_says_so_and_ends(
    benchmark: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(benchmark, "find_machine", Machine)
    assert call(benchmark, monkeypatch) == 2
    found = capsys.readouterr()
    assert found.out == ""
    assert found.err.startswith("gpu.py: there is nothing to measure: this machine has no NVIDIA driver")


def test_it_measures_potentials_and_writes_what_it_found(
    benchmark: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    core = {"energy + forces": 1e-6, "with Jacobian, folded": 2e-6, "atoms": 32}
    monkeypatch.setattr(benchmark, "on_one_core", lambda *_: core)
    out = tmp_path / "gpu.json"
    arguments = (
        "--device emulated --sizes 30 60 --cases lj --parts rates sizes first --first reference-energy"
    )
    assert call(benchmark, monkeypatch, *arguments.split(), "--repeat", "1", "--json", str(out)) == 0
    found = json.loads(out.read_text())
    assert found["device"] == {"name": "emulated"}
    assert all(rate > 0.0 for rate in found["rates"].values())
    sizes = found["cases"]["lj"]["sizes"]
    assert [one["atoms"] for one in sizes] == [32, 64]
    for one in sizes:
        for part in ("energy + forces", "Jacobian", "folding"):
            own = one[part]
            assert min(own[name] for name in ("seconds", "launches", "least_bytes", "operations")) > 0
            assert sum(each["least_bytes"] for each in own["kernels"].values()) == own["least_bytes"]
        # Each bond has a length and a vector, which energies and forces must read.
        assert one["energy + forces"]["least_bytes"] > 32 * one["bonds"]
        assert one["copied_once_seconds"] > 0.0
        assert one["copied_once_bytes"] > 40 * one["bonds"]
    assert set(found["first use"]["reference-energy"]) == {"first", "later"}
    printed = capsys.readouterr().out
    assert "Lennard-Jones, 2 parameters" in printed
    assert f"       64 {sizes[1]['bonds'] / 64:6.1f} " in printed
    assert "~" in printed
    assert "lj, 64 atoms: " in printed


def test_it_measures_a_neural_network(
    benchmark: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import mlp
    from gpu_network import measure_network

    monkeypatch.setattr(mlp, "LAYERS", (4, 3))
    found = measure_network(HostDevice(), [50], 1, with_core=False)
    assert found["core, folded, seconds per row"] is None
    (one,) = found["sizes"]
    assert one["rows"] == 50
    assert one["launches"] > 0
    assert all(one[part]["seconds"] > 0.0 for part in ("residuals", "Jacobian", "folding"))
    assert "neural network, 55 weights" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["sw", "eam"])
def test_copies_of_crystals_are_as_if_they_were_placed_together(benchmark: Any, name: str) -> None:
    import gpu_cases
    from kernels import Block

    from hpcfit.geometry import build_geometry

    case, device = gpu_cases.CASES[name](), HostDevice()
    positions, cell = gpu_cases.cubic(case.basis, case.lattice, 2)
    positions = positions + np.random.default_rng(1).normal(0, 0.1, positions.shape)
    kernels = case.kernels(device)

    def placed(count: int) -> Any:
        block = Block.of([positions] * count, cell)
        return kernels.place(build_geometry(block, np.zeros(len(block.position), np.int32), case.cutoff))

    found, expected = gpu_cases.copied(device, placed(1), 3), placed(3)
    with pytest.raises(MemoryError, match="are more than 32-bit numbers can count"):
        gpu_cases.copied(device, expected, 2**24)
    for of, there in vars(expected).items():
        here = getattr(found, of)
        if isinstance(there, int):
            assert here == there, of
        else:
            assert here.dtype == there.dtype, of
            np.testing.assert_array_equal(device.get(here), device.get(there), err_msg=of)


def test_bytes_are_those_of_arrays_that_a_kernel_names_and_operations_those_it_executes(
    benchmark: Any,
) -> None:
    from emulated.counting import CountingDevice
    from gpu_meter import Meter

    device = CountingDevice()
    meter = Meter(device)
    x = meter.put(np.array([1.0, 2.0, -1.0, 4.0]))
    y = meter.zeros(4)
    module = meter.load(FUSED)
    module.launch("fused", (1,), 32, [4, x, meter.zeros(100), y])
    assert meter.bytes == {"fused": 64.0}
    assert device.operations == 3 * (2 + 1 + 1 + 1 + 1)
    expected = [3 + np.exp(-1.0) / -2.0, 5 + np.exp(-2.0) / -1.0, 0.0, 9 + np.exp(-4.0)]
    np.testing.assert_allclose(device.get(y), expected, rtol=1e-15)
    device.reset()
    assert device.operations == 0


def test_what_was_aimed_at_stands_beside_what_was_reached(benchmark: Any) -> None:
    from gpu_targets import targets

    plain = {"seconds": 1e-2, "least_bytes": 3e10, "launches": 7}
    one = {"atoms": 1_000_000, "energy + forces": plain, "Jacobian + folding, seconds": 0.019}
    core = {"energy + forces": 8e-8, "with Jacobian, folded": 2e-7}
    few = {"atoms": 10_000, "energy + forces": {**plain, "seconds": 2e-3}}
    found = {
        "rates": {
            "copy_bytes_per_second": 4e12,
            "launch_seconds": 4e-6,
            "launch_and_wait_seconds": 1e-5,
        },
        "cases": {"sw": {"sizes": [one], "core": core}, "lj": {"sizes": [few, one], "core": core}},
        "silicon-sw": {"launches_per_iteration": 13.8},
        "first use": {"edip": {"first": 11.0, "later": 0.1}, "tersoff": {"first": 3.0, "later": 0.2}},
    }
    assert targets(found) == [
        ("Stillinger-Weber, a million atoms, all folded: 19.00 ms of at most 20", True),
        ("the same: 11 times one core, of at least 100", False),
        ("Lennard-Jones, 1,000,000 atoms: 75% of the copy bandwidth, of at least 50 %", True),
        ("lj, 10,000 atoms: 2000 us, one core 800 us, launches 38 us", False),
        ("an iteration of jobs/silicon-sw: 13.8 launches of at most 30", True),
        ("first use of edip: 11.00 s, later 0.10 s, of at most 10 s and 0.3 s", False),
        ("longest first use: edip, 11.00 s", False),
    ]
    assert targets({}) == []
