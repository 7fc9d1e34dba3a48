"""Processor seconds and memory of one Jacobian with folding of a neural network, beside scipy.optimize.

    OMP_NUM_THREADS=1 python jobs/benchmarks/mlp.py [ROWS] [REPEATS]

A network of 1,000 weights (8 inputs, layers 23 and 32, one output) on 100,000 rows. scipy's least_squares
gets the same analytic Jacobian, held whole, and is timed for one iteration: its Jacobian, and what it does
until it asks for the residual again; once with the Jacobian row by row, as NumPy makes arrays ("rows"), once
column by column, which spares LAPACK a copy ("columns"). Each side is a process of its own: its seconds are
those of the processor, its memory the largest beyond what the imports take; the least of several repeats
counts.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time

import numpy as np

from hpcfit.formula.bound_potential import BoundPotential
from hpcfit.formula.network import Network
from hpcfit.kernels.rows.network_model import NetworkModel
from hpcfit.kernels.rows.network_pass import Weights
from hpcfit.kernels.rows.row_data import RowData
from hpcfit.linalg.merge_order import MergeOrder
from hpcfit.parallel.tree import merge_triangles
from hpcfit.problem.row_chunks import row_chunk_bounds

LAYERS, INPUTS = (23, 32), 8
SIDES = ("hpcfit", "scipy-rows", "scipy-columns")


def problem(rows: int) -> tuple[NetworkModel, RowData, np.ndarray]:
    """The network, a table of `rows` rows, and its initial values."""
    draw = np.random.default_rng(0)
    x = draw.uniform(-1.0, 1.0, (INPUTS, rows))
    y = np.sin(x.sum(axis=0, keepdims=True)) * x[:1] + 0.01 * draw.standard_normal((1, rows))
    names = tuple(f"x{k}" for k in range(INPUTS))
    network = Network("mlp", LAYERS, "tanh").of_columns(names, ("y",))
    network = network.started(x, y, np.zeros(rows, np.int32), ("",))
    model = NetworkModel(BoundPotential(network, ("",)), range(network.n_weights))
    data = RowData.of(x, y, np.ones_like(y), np.zeros(rows, np.int32))
    return model, data, np.array([spec.default for spec in network.parameters], dtype=np.float64)


def of_hpcfit(rows: int) -> float:
    """Seconds from values to the triangle of all rows."""
    model, data, values = problem(rows)
    bounds = row_chunk_bounds(rows, 1, model.n_columns)
    layout, pairs = model.layout(data, bounds), MergeOrder(len(bounds) - 1).pairs(0, len(bounds) - 1)
    model.load_kernels()
    begin = time.process_time()
    triangles, _, _ = model.linearize(data, layout, values)
    merge_triangles(triangles, pairs)
    return time.process_time() - begin


class _Done(Exception):
    pass


def by_rows(network: Network, values: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The Jacobian (rows, weights) of one output by plain NumPy, in row-major order."""
    weights = Weights.of(network, values)
    units = [((x - weights.x_shift) / weights.x_scale).T]
    for matrix, bias in zip(weights.matrices[:-1], weights.biases[:-1], strict=True):
        units.append(np.tanh(units[-1] @ matrix.T + bias.T))
    found = np.empty((x.shape[1], network.n_weights))
    end, delta = network.n_weights, np.full((x.shape[1], 1), weights.y_scale[0, 0])
    for layer in reversed(range(len(units))):
        after, before = weights.matrices[layer].shape
        found[:, end - after : end] = delta
        place = end - after - after * before
        products = found[:, place : end - after].reshape(-1, after, before)
        np.multiply(delta[:, :, None], units[layer][:, None, :], out=products)
        end = place
        if layer:
            delta = (delta @ weights.matrices[layer]) * (1.0 - units[layer] ** 2)
    return found


def of_scipy(rows: int, order: str) -> float:
    """Seconds from the Jacobian to the next residual."""
    from scipy.optimize import least_squares

    model, data, values = problem(rows)
    free, constants = values[: model.n_columns], values[model.n_columns :]
    layout = model.layout(data, np.array([0, rows]))
    begins: list[float] = []
    calls = 0

    def residual(theta: np.ndarray) -> np.ndarray:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise _Done
        return model.residual(data, layout, np.concatenate([theta, constants]))

    def jacobian(theta: np.ndarray) -> np.ndarray:
        begins.append(time.process_time())
        values = np.concatenate([theta, constants])
        if order == "rows":
            return by_rows(model.network, values, data.inputs[:, :rows])
        return model.predict_jacobian(data, values)[:-1, 0].T

    try:
        least_squares(residual, free, jac=jacobian)
    except _Done:
        return time.process_time() - begins[0]
    raise RuntimeError("least_squares made no step")


def measured(side: str, rows: int) -> tuple[float, float]:
    """(seconds, MiB) of one side, in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, side, str(rows)], capture_output=True, text=True, check=True
    )
    seconds, memory = map(float, done.stdout.split())
    return seconds, memory


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    repeats = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    best = {}
    for side in SIDES:
        runs = [measured(side, rows) for _ in range(repeats)]
        best[side] = min(seconds for seconds, _ in runs), min(memory for _, memory in runs)
        print(f"{side:14} {best[side][0]:8.2f} s  {best[side][1]:8.0f} MiB", flush=True)
    for side in SIDES[1:]:
        seconds, memory = (best[side][k] / best["hpcfit"][k] for k in (0, 1))
        print(f"{side}: hpcfit is {seconds:.1f} times as fast, with 1/{memory:.1f} of the memory")


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] in SIDES:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        side, _, order = sys.argv[1].partition("-")
        took = of_hpcfit(int(sys.argv[2])) if side == "hpcfit" else of_scipy(int(sys.argv[2]), order)
        print(took, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
    else:
        main()
