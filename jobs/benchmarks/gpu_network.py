"""A neural network of 1,008 weights on rows of a table (mlp.py): for gpu.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mlp

from hpcfit.devices.device import Device, OutOfDeviceMemory
from hpcfit.formula.bound_potential import BoundPotential
from hpcfit.kernels.rows.device.network_model import DeviceNetworkModel
from hpcfit.problem.row_chunks import row_chunk_bounds

NETWORK = "mlp"
#: rows of which the processor is timed
ROWS = 20_000


def measure_network(device: Device, sizes: Sequence[int], repeat: int, *, with_core: bool) -> dict[str, Any]:
    """Seconds of residuals, Jacobian and its folding; of the latter, operations by the formula 2 m n^2."""
    core = mlp.of_hpcfit(min(max(sizes), ROWS)) / min(max(sizes), ROWS) if with_core else None
    print(f"\nneural network, {mlp.problem(10)[0].n_columns} weights: milliseconds")
    print(
        f"{'rows':>9}  {'residuals':>10}{'Jacobian':>10}{'folding':>10}" + f"{'core, folded':>14}{'times':>8}"
    )
    found: dict[str, Any] = {"core, folded, seconds per row": core, "sizes": []}
    for rows in sizes:
        try:
            one = _measure(device, rows, repeat)
        except (OutOfDeviceMemory, MemoryError) as error:
            print(f"{rows:>9,} not measured: {error}")
            break
        found["sizes"].append(one)
        line = f"{rows:>9,}  " + "".join(
            f"{1e3 * one[part]['seconds']:10.3f}" for part in ("residuals", "Jacobian", "folding")
        )
        if core is not None:
            line += f" {'~' if rows > ROWS else ' '}{1e3 * rows * core:11.2f}"
            line += f"{rows * core / one['seconds']:8.1f}"
        print(line)
        speed = one["folding"]["operations"] / one["folding"]["seconds"]
        print(f"{'':18}folding {1e-9 * speed:9.1f} Gflop/s; {one['launches']} launches")
    return found


def _measure(device: Device, rows: int, repeat: int) -> dict[str, Any]:
    from gpu_meter import best_seconds

    plain, data, values = mlp.problem(rows)
    model = DeviceNetworkModel(device, BoundPotential(plain.network, ("",)), range(plain.n_columns))
    layout = model.layout(data, row_chunk_bounds(rows, 1, model.n_columns, on_device=True))

    def jacobian() -> None:
        at = model._at(values)
        for _ in layout.each(lambda own: model._columns(at, own).size):
            pass

    seconds = {
        "residuals": best_seconds(device, lambda: model.cost(data, layout, values), repeat),
        "Jacobian": best_seconds(device, jacobian, repeat),
        "all": best_seconds(device, lambda: model.linearize(data, layout, values), repeat),
    }
    before = device.launches
    model.linearize(data, layout, values)
    return {
        "rows": rows,
        "launches": device.launches - before,
        "seconds": seconds["all"],
        "residuals": {"seconds": seconds["residuals"]},
        "Jacobian": {"seconds": seconds["Jacobian"]},
        "folding": {
            "seconds": max(seconds["all"] - seconds["Jacobian"], 1e-9),
            "operations": 2.0 * rows * (model.n_columns + 1) ** 2,
        },
    }
