"""Milliseconds on a GPU by potential and size, beside one core of the same machine: one table, and JSON.

    python jobs/benchmarks/gpu.py --json gpu.json                           # all, on the first visible GPU
    python jobs/benchmarks/gpu.py --device emulated --sizes 200 --cases lj  # tries the script without a GPU

Of each size: energies and forces; with the Jacobian; its folding, with the way back of the triangles; what
is copied once, and how long that of the bonds takes; and what one core takes for the same, measured on
10,000 atoms and multiplied ("~") beyond. Times are those of the wall until the device is done, the least of
several. GB/s counts each array once that a kernel names, the least it can move; Gflop/s counts operations,
found on the stand-in (tests/support/emulated), where a function such as exp is one. Both stand beside what
copying and A^T A reach on the same card. Last come the fit of jobs/silicon-sw, first uses of the catalogue,
and what was aimed at.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "support"))

from gpu_cases import BUILT, CASES, Case
from gpu_extra import first_use, silicon_sw
from gpu_meter import (
    copy_bandwidth,
    host_bandwidth,
    launch_seconds,
    matrix_rate,
)
from gpu_network import NETWORK, measure_network
from gpu_parts import measure_case, operations_per_atom
from gpu_targets import targets
from kernels import SILICON, measure

from hpcfit.devices.choice import choose
from hpcfit.devices.device import Device, OutOfDeviceMemory
from hpcfit.devices.machine import find_machine
from hpcfit.devices.missing import NoDevice
from hpcfit.devices.opening import open_device

SIZES = (10_000, 100_000, 1_000_000, 4_000_000)
PARTS = ("rates", "sizes", "fit", "first")


def opened(name: str) -> Device | None:
    """The device to measure, or None with a sentence on standard error."""
    if name == "emulated":
        from emulated import HostDevice, compiler_missing

        if (lacking := compiler_missing()) is None:
            return HostDevice()
        print(f"gpu.py: there is nothing to measure: {lacking}", file=sys.stderr)
        return None
    try:
        return open_device(choose("cuda", 0, find_machine()))
    except NoDevice as error:
        print(f"gpu.py: there is nothing to measure: {error}", file=sys.stderr)
        return None


def measure_rates(device: Device, numbers: int, size: int, repeat: int) -> dict[str, Any]:
    """What the card does at best."""
    one, alone = launch_seconds(device, repeat)
    forth, back = host_bandwidth(device, numbers // 4, repeat)
    return {
        "copy_bytes_per_second": copy_bandwidth(device, numbers, repeat),
        "matrix_flops_per_second": matrix_rate(device, size, repeat),
        "to_device_bytes_per_second": forth,
        "to_host_bytes_per_second": back,
        "launch_seconds": one,
        "launch_and_wait_seconds": alone,
    }


def on_one_core(case: Case, atoms: int, repeat: int) -> dict[str, float]:
    """Seconds per atom on the processor."""
    geometry = case.geometry(min(atoms, BUILT))
    found = measure(case.bound, case.values, case.free, geometry, repeat)
    return {name: 1e-6 * found[name] for name in ("energy + forces", "with Jacobian, folded")} | {
        "atoms": len(geometry.species)
    }


def show(case: Case, one: dict[str, Any], core: dict[str, float] | None, rates: dict[str, Any]) -> None:
    """A line of the table, and a line for each kernel."""
    n = one["atoms"]
    folded = one["Jacobian + folding, seconds"]
    line = f"{n:>9,} {one['bonds'] / n:6.1f}  "
    line += "".join(
        f"{1e3 * one[part]['seconds']:10.3f}" for part in ("energy + forces", "Jacobian", "folding")
    )
    seconds = one["copied_once_seconds"]
    line += f"{1e-6 * one['copied_once_bytes']:11.1f}" + (
        f"{'-':>10}" if seconds is None else f"{1e3 * seconds:10.3f}"
    )
    if core is not None:
        about = "~" if n > core["atoms"] else " "
        plain, whole = n * core["energy + forces"], n * core["with Jacobian, folded"]
        line += f"  {about}{1e3 * plain:11.2f}{about}{1e3 * whole:11.2f}"
        line += f"{plain / one['energy + forces']['seconds']:8.1f}{whole / folded:8.1f}"
    print(line)
    copy = rates.get("copy_bytes_per_second")
    for part in ("energy + forces", "Jacobian", "folding"):
        own = one[part]
        speed = own["least_bytes"] / own["seconds"]
        text = f"{'':18}{part:16}{own['launches']:4} launches {1e-9 * speed:9.1f} GB/s"
        text += f" ({speed / copy:.0%} of copying)" if copy else ""
        if own.get("operations") is not None:
            text += f"{1e-9 * own['operations'] / own['seconds']:10.1f} Gflop/s"
        print(text)
        for kernel, each in own["kernels"].items():
            if each["seconds"] > 0.05 * own["seconds"]:
                moved = 1e-9 * each["least_bytes"] / each["seconds"]
                print(f"{'':22}{kernel:16}{1e3 * each['seconds']:9.3f} ms {moved:9.1f} GB/s")


def measure_sizes(given: argparse.Namespace, device: Device, rates: dict[str, Any]) -> dict[str, Any]:
    """All cases at all sizes."""
    found: dict[str, Any] = {}
    for name in given.cases:
        if name == NETWORK:
            continue
        case = CASES[name]()
        counted = operations_per_atom(case)
        core = None if given.no_core else on_one_core(case, max(given.sizes), given.repeat)
        print(f"\n{case.title}, {case.free} parameters: milliseconds")
        print(
            f"{'atoms':>9} {'bonds':>6}  {'e + forces':>10}{'Jacobian':>10}{'folding':>10}"
            f"{'MB once':>11}{'copying':>10}"
            + ("" if core is None else f"{'core: e + f':>14}{'folded':>12}{'times':>8}{'times':>8}")
        )
        found[name] = {"core": core, "operations_per_atom": counted, "sizes": []}
        for atoms in given.sizes:
            try:
                one = measure_case(case, device, atoms, given.repeat)
            except (OutOfDeviceMemory, MemoryError) as error:
                print(f"{atoms:>9,} not measured: {error}")
                break
            for part, count in (counted or {}).items():
                one[part]["operations"] = count * one["atoms"]
            found[name]["sizes"].append(one)
            show(case, one, core, rates)
            gc.collect()  # what was measured refers to itself, and its arrays to the device
            device.release_memory()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", choices=("cuda", "emulated"), default="cuda")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="atoms, or rows of the table")
    parser.add_argument("--cases", nargs="+", choices=(*CASES, NETWORK), default=(*CASES, NETWORK))
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="of it all")
    parser.add_argument("--first", nargs="*", default=None, metavar="NAME", help="potentials of first uses")
    parser.add_argument("--repeat", type=int, default=10)
    parser.add_argument("--no-core", action="store_true", help="without the comparison with the processor")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    device = opened(given.device)
    if device is None:
        return 2
    real = given.device == "cuda"
    found: dict[str, Any] = {
        "date": time.strftime("%Y-%m-%d %H:%M"),
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "device": getattr(device, "facts", {"name": device.name}),
    }
    print(f"{device.name}; {found['machine']}; {found['date']}")
    rates: dict[str, Any] = {}
    if "rates" in given.parts:
        rates = measure_rates(device, 2**27 if real else 2**10, 8192 if real else 32, given.repeat)
        found["rates"] = rates
        show_rates(rates)
    if "sizes" in given.parts:
        found["cases"] = measure_sizes(given, device, rates)
        if NETWORK in given.cases:
            found[NETWORK] = measure_network(device, given.sizes, given.repeat, with_core=not given.no_core)
    if "fit" in given.parts:
        found["silicon-sw"] = silicon_sw(device, SILICON.parent)
    if "first" in given.parts:
        with tempfile.TemporaryDirectory() as cache:
            found["first use"] = first_use(type(device), given.first, Path(cache))
    for words, met in targets(found):
        print(f"{'met    ' if met else 'NOT MET'}  {words}")
    if given.json is not None:
        given.json.write_text(json.dumps(found, indent=1))
    return 0


def show_rates(rates: dict[str, Any]) -> None:
    matrix = rates["matrix_flops_per_second"]
    print(
        f"copying {1e-9 * rates['copy_bytes_per_second']:.1f} GB/s, A^T A "
        + ("not measured (no library)" if matrix is None else f"{1e-9 * matrix:.1f} Gflop/s")
        + f"; host to device {1e-9 * rates['to_device_bytes_per_second']:.1f} GB/s, "
        f"back {1e-9 * rates['to_host_bytes_per_second']:.1f} GB/s; "
        f"a launch {1e6 * rates['launch_seconds']:.1f} us, with waiting "
        f"{1e6 * rates['launch_and_wait_seconds']:.1f} us"
    )


if __name__ == "__main__":
    sys.exit(main())
