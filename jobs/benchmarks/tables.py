"""10 million rows of a formula of three parameters: one Jacobian with folding, beside NumPy's formula alone.

    OMP_NUM_THREADS=1 python jobs/benchmarks/tables.py [ROWS]

Prints times of one core, the best of five, and the memory that evaluations take beyond the data.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from hpcfit.formula.bound_potential import BoundPotential
from hpcfit.formula.parameter_spec import ParameterSpec
from hpcfit.formula.row_formula import RowFormula
from hpcfit.kernels.rows.row_data import RowData
from hpcfit.kernels.rows.row_model import RowModel
from hpcfit.problem.row_chunks import row_chunk_bounds

_REPEATS = 5


def best(function: Callable[[], Any]) -> float:
    """Least processor time of some calls, in seconds."""
    times = []
    for _ in range(_REPEATS):
        begin = time.process_time()
        function()
        times.append(time.process_time() - begin)
    return min(times)


def memory(name: str) -> float:
    """Memory of this process by its name in /proc/self/status, in MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def main(rows: int) -> None:
    """Measure and print."""
    form = RowFormula(
        "decay", (("y", "a*exp(-b*x) + c"),), ("x",), tuple(ParameterSpec(name, "shared") for name in "abc")
    )
    model = RowModel(BoundPotential(form, ("",)), range(3))
    model.load_kernels()
    rng = np.random.default_rng(0)
    x = rng.uniform(0.0, 3.0, rows)
    y = 2.0 * np.exp(-1.3 * x) + 0.5 + 0.01 * rng.normal(size=rows)
    data = RowData.of(x[None], y[None], np.ones((1, rows)), np.zeros(rows, dtype=np.int32))
    layout = model.layout(data, row_chunk_bounds(rows, 1, 3))
    values = np.array([2.1, 1.2, 0.4])
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    before = memory("VmRSS")
    folded = best(lambda: model.linearize(data, layout, values))
    cost = best(lambda: model.cost(data, layout, values))
    taken = memory("VmHWM") - before
    formula = best(lambda: values[0] * np.exp(-values[1] * x) + values[2])
    held = 8e-6 / 1.048576 * 3 * rows
    print(f"rows                              {rows}")
    print(f"Jacobian with folding             {folded:.3f} s")
    print(f"residuals and cost                {cost:.3f} s")
    print(f"the formula alone, by NumPy       {formula:.3f} s; ratio {folded / formula:.2f}")
    print(f"memory beyond {held:.0f} MiB of data      {taken:.1f} MiB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000)
