"""A potential on a device: seconds, bytes, operations and launches of its parts. For gpu.py."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from gpu_cases import BUILT, Case, copied
from gpu_meter import Meter, best_seconds

from hpcfit.devices.device import Device
from hpcfit.devices.fold import PlacedRows, folding_for
from hpcfit.problem.chunks import chunk_bounds


def operations_per_atom(case: Case) -> dict[str, float] | None:
    """Operations of each part, counted on one crystal; None where the stand-in cannot be built."""
    from emulated import compiler_missing
    from emulated.counting import CountingDevice

    if compiler_missing() is not None:
        return None
    device = CountingDevice()
    run = Evaluation(case, device, 64)
    found = {}
    for name, work in run.parts.items():
        work()
        device.reset()
        work()
        found[name] = device.operations / run.atoms
    return found


class Evaluation:
    """Geometry, rows and results of a case on a device.

    Attributes:
        parts: what is timed.
    """

    def __init__(self, case: Case, device: Device, atoms: int) -> None:
        built = case.geometry(min(atoms, BUILT))
        natoms = np.diff(built.first_atom)
        copies = max(1, round(atoms / len(built.species)))
        kernels = case.kernels(device)
        self.placed = copied(device, kernels.place(built), copies)
        self.atoms, self.bonds = self.placed.n_atoms, self.placed.n_bonds
        self.copied_bytes = sum(getattr(each, "nbytes", 0) for each in vars(self.placed).values())
        m, draw = self.placed.n_rows, np.random.default_rng(0)
        bounds = chunk_bounds(np.tile(natoms, copies), case.free, on_device=True)
        firsts = np.concatenate([[0], np.cumsum(np.tile(3 * natoms + 1, copies))])[bounds]
        weight, reference = draw.uniform(0.5, 1.0, m), draw.normal(size=m)
        rows = PlacedRows.place(device, firsts, np.arange(m), weight, reference)
        self.copied_bytes += 24 * m
        numbers, folding = case.numbers, folding_for(device, case.free + 1)
        values = device.empty((1, m))
        columns = device.empty((case.free + 1, m))
        self.parts = {
            "energy + forces": lambda: kernels.predict(self.placed, numbers, values),
            "Jacobian": lambda: kernels.predict_jacobian(self.placed, numbers, columns),
            "folding": lambda: folding.fold(columns, rows),
        }


def seconds_to_copy(device: Device, fields: Iterable[Any], repeat: int) -> float | None:
    """Seconds in which a geometry goes to the device; None where there is no room for it twice."""
    arrays = [each for each in fields if hasattr(each, "nbytes")]
    if sum(each.nbytes for each in arrays) > 0.9 * device.free_memory():
        return None
    host = [device.get(each) for each in arrays]
    return best_seconds(device, lambda: [device.put(each) for each in host], repeat)


def measure_case(case: Case, device: Device, atoms: int, repeat: int) -> dict[str, Any]:
    """Seconds, least bytes and launches of each part, and of each kernel."""
    meter = Meter(device)
    run = Evaluation(case, meter, atoms)
    found: dict[str, Any] = {"atoms": run.atoms, "bonds": run.bonds, "copied_once_bytes": run.copied_bytes}
    found["copied_once_seconds"] = seconds_to_copy(device, vars(run.placed).values(), min(repeat, 3))
    for name, work in run.parts.items():
        own: dict[str, Any] = {"seconds": best_seconds(device, work, repeat)}
        before = device.launches, device.bytes_in, device.bytes_out
        meter.reset()
        work()
        after = device.launches, device.bytes_in, device.bytes_out
        own["launches"], own["bytes_in"], own["bytes_out"] = (
            b - a for a, b in zip(before, after, strict=True)
        )
        own["least_bytes"] = sum(meter.bytes.values())
        meter.reset()
        meter.timed = True
        work()
        meter.timed = False
        own["kernels"] = {
            kernel: {"seconds": meter.seconds[kernel], "least_bytes": meter.bytes[kernel]}
            for kernel in meter.seconds
        }
        found[name] = own
    found["Jacobian + folding, seconds"] = found["Jacobian"]["seconds"] + found["folding"]["seconds"]
    return found
