"""Ways of folding [J | r] on a GPU, beside each other and beside the processor, by columns and conditioning.

    python jobs/benchmarks/gpu_folding.py --json folding.json           # on the first visible GPU
    python jobs/benchmarks/gpu_folding.py --device emulated --rows 4096  # tries the script without one

Each block of rows is folded in chunks of --chunk rows: by reflections in shared memory (householder), by
CholeskyQR2 (cholesky; "+n" tells how many chunks it left to reflections), by the library's QR (library), and
by one core (core). Milliseconds are those of the wall, triangles fetched, the least of several, of the core
once, which takes most of the benchmark's few minutes; the deviation is that of R from the core's, rows turned
upright, by the largest entry.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from gpu import opened
from numpy.typing import NDArray

from hpcfit.devices.device import Device
from hpcfit.devices.fold import PlacedRows
from hpcfit.devices.fold.cholesky import CholeskyFolding
from hpcfit.devices.fold.folding import Folding
from hpcfit.devices.fold.householder import HouseholderFolding
from hpcfit.devices.fold.library import LibraryFolding
from hpcfit.linalg.wide import WideFolding

FloatArray = NDArray[np.float64]
WAYS: dict[str, type[Folding]] = {
    "householder": HouseholderFolding,
    "cholesky": CholeskyFolding,
    "library": LibraryFolding,
}


def block(width: int, rows: int, cond: float) -> FloatArray:
    """Columns (width, rows) of about that conditioning."""
    random = np.random.default_rng(width)
    turned = np.linalg.qr(random.normal(size=(width, width)))[0] * np.geomspace(1.0, 1.0 / cond, width)
    return np.ascontiguousarray(turned @ random.normal(size=(width, rows)))


def least(work: Callable[[], Any], repeat: int) -> float:
    """Milliseconds, after once that compiles."""
    work()
    times = []
    for _ in range(repeat):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return 1e3 * min(times)


def upright(triangles: FloatArray) -> FloatArray:
    """With rows turned so that no diagonal is negative."""
    turn = np.where(np.diagonal(triangles, axis1=1, axis2=2) < 0.0, -1.0, 1.0)
    return np.asarray(triangles * turn[:, :, None])


def on_core(columns: FloatArray, bounds: NDArray[np.int64]) -> FloatArray:
    """Triangles (chunks, width, width) by the processor."""
    width = len(columns)
    folding, triangles = WideFolding(width), np.zeros((len(bounds) - 1, width, width))
    for chunk, triangle in enumerate(triangles):
        folding.fold(columns[:, bounds[chunk] : bounds[chunk + 1]].copy(), triangle)
    return triangles


def measure(device: Device, width: int, rows: int, chunk: int, cond: float, repeat: int) -> dict[str, Any]:
    """One line of the table."""
    columns, bounds = block(width, rows, cond), np.append(np.arange(0, rows, chunk), rows)
    ones, zeros = np.ones(rows), np.zeros(rows)
    placed = PlacedRows.place(device, bounds, np.arange(rows), ones, zeros)
    predictions = device.put(columns)
    found: dict[str, Any] = {"columns": width, "conditioning": cond, "rows": rows}
    on_core(columns, bounds[:2])  # compiles
    begin = time.perf_counter()
    expected = upright(on_core(columns, bounds))
    found["core"] = 1e3 * (time.perf_counter() - begin)
    for name, way in WAYS.items():
        folding = way(device, width)
        triangles = upright(folding.fold(predictions, placed)[0])
        found[f"{name} deviation"] = float(np.abs(triangles - expected).max() / np.abs(expected).max())
        if isinstance(folding, CholeskyFolding):
            found["cholesky left"] = folding.fallbacks
        found[name] = least(lambda folding=folding: folding.fold(predictions, placed), repeat)
    return found


def line(found: dict[str, Any]) -> str:
    """Of the table that is printed."""
    parts = [f"{found['columns']:7d} {found['conditioning']:9.0e} {found['core']:10.2f}"]
    for name in WAYS:
        left = f"+{found['cholesky left']}" if name == "cholesky" and found["cholesky left"] else ""
        parts.append(f"{found[name]:10.2f}{left:>4} {found[f'{name} deviation']:8.0e}")
    return "  ".join(parts)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", choices=("cuda", "emulated"), default="cuda")
    parser.add_argument("--rows", type=int, default=3_000_000)
    parser.add_argument("--chunk", type=int, default=12_288, help="rows of a chunk")
    parser.add_argument("--columns", type=int, nargs="+", default=(3, 8, 16, 33, 65, 100, 200, 400))
    parser.add_argument(
        "--numbers", type=float, default=2e8, help="of a block at most: wide ones have fewer rows"
    )
    parser.add_argument("--conditioning", type=float, nargs="+", default=(10.0, 1e8))
    parser.add_argument("--repeat", type=int, default=10)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    device = opened(given.device)
    if device is None:
        return 2
    print(f"{device.name}: milliseconds, and deviation of R")
    heads = "  ".join(f"{name:>14} {'':8}" for name in WAYS)
    print(f"{'columns':>7} {'cond':>9} {'core':>10}  {heads}")
    results = []
    for width in given.columns:
        rows = min(given.rows, int(given.numbers / width))
        for cond in given.conditioning:
            results.append(measure(device, width, rows, given.chunk, cond, given.repeat))
            print(line(results[-1]), flush=True)
    if given.json is not None:
        given.json.write_text(json.dumps({"device": device.name, "lines": results}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
