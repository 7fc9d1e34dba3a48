"""First uses of potentials, and launches of a whole fit: for gpu.py."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hpcfit.devices.device import Device
from hpcfit.formula.potential import BoundPotential
from hpcfit.kernels.cuda.model import CudaModel
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.potentials import POTENTIALS, required_options
from hpcfit.workflow import run
from hpcfit.workflow.devices import Devices, RankDevice

SPECIES = ("Si", "C")


def silicon_sw(device: Device, folder: Path) -> dict[str, Any]:
    """The fit of jobs/silicon-sw: launches and milliseconds of an iteration."""
    ours = Devices((RankDevice(device.name, "here"),), device)
    before = device.launches, device.bytes_in, device.bytes_out
    with tempfile.TemporaryDirectory() as name, patch.object(run, "choose_devices", lambda *_: ours):
        own = Path(name) / "job"
        shutil.copytree(folder, own, ignore=shutil.ignore_patterns("run*"))
        run.run_job(SerialCommunicator(), own / "job.toml")
        result = json.loads((own / "run" / "result.json").read_text())
    after = device.launches, device.bytes_in, device.bytes_out
    launches, bytes_in, bytes_out = (b - a for a, b in zip(before, after, strict=True))
    iterations = result["counts"]["iterations"]
    found = {
        "iterations": iterations,
        "launches": launches,
        "launches_per_iteration": launches / iterations,
        "bytes_in": bytes_in,
        "bytes_out": bytes_out,
        "loss": result["loss"],
        "timing": result["timing"],
    }
    print(
        f"\njobs/silicon-sw: {iterations} iterations, {launches / iterations:.1f} launches each; "
        f"{1e-6 * bytes_in:.2f} MB to the device and {1e-6 * bytes_out:.2f} MB back in all"
    )
    return found


def first_use(
    make: Callable[[], Device], names: Sequence[str] | None, cache: Path
) -> dict[str, dict[str, float]]:
    """Seconds from formulas to loaded kernels, with an empty cache and after that."""
    usual = [name for name, form in POTENTIALS.items() if not required_options(form)]
    found = {}
    print(f"\nfirst use, two species, all parameters free\n{'':24}{'first':>9}{'later':>9}  seconds")
    for name in names or usual:
        with patch.dict(os.environ, HPCFIT_CACHE_DIR=str(cache)):
            seconds = {when: _seconds_to_load(make, name) for when in ("first", "later")}
        found[name] = seconds
        print(f"{name:24}{seconds['first']:9.2f}{seconds['later']:9.3f}")
    return found


def _seconds_to_load(make: Callable[[], Device], name: str) -> float:
    device = make()
    form = POTENTIALS[name]()
    begin = time.perf_counter()
    bound = BoundPotential(form, SPECIES)
    model = CudaModel(device, [bound], SPECIES, range(len(bound.instances)), True)
    model.load_kernels()
    device.synchronize()
    return time.perf_counter() - begin
