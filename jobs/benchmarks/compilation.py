"""Seconds from the text of a catalogue entry to a compiled kernel with its whole Jacobian.

    python jobs/benchmarks/compilation.py [NAME ...]

For one species and for two, all parameters free, stress wanted, which is the most that a job can ask
for. "cold" writes the kernels into an empty cache, "warm" loads them in a new process; both count
formulas, derivatives, code generation and compilation, and neither counts the start of Python and numba.
"Jacobian" is the kernel of predictions and derivatives alone, "both" has the one of predictions without
derivatives too. Seconds are those of the processor, which other work on the machine disturbs least. The
ratio is that of "both", cold to warm.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

SPECIES = ("Si", "C")


def seconds(name: str, count: int) -> tuple[float, float]:
    """Processor time to make or load the kernel with derivatives, and both kernels, in this process."""
    import scipy.linalg  # noqa: F401  what every fit needs has been imported before
    from numba.core.registry import cpu_target

    from hpcfit.devices import cpu  # noqa: F401
    from hpcfit.formula.potential import BoundPotential
    from hpcfit.kernels import compile_model
    from hpcfit.potentials import POTENTIALS

    cpu_target.target_context.refresh()  # numba imports what it knows when it first compiles or loads
    started = time.process_time()
    bound = BoundPotential(POTENTIALS[name](), SPECIES[:count])
    model = compile_model([bound], bound.species, range(len(bound.instances)), stress=True)
    _ = model._jacobian_kernel
    jacobian = time.process_time() - started
    model.load_kernels()
    return jacobian, time.process_time() - started


def measured(names: Iterator[str]) -> None:
    """A line for each entry and number of species."""
    print(f"{'':24}{'Jacobian, cold':>16}{'both, cold':>16}{'both, warm':>16}{'ratio':>16}")
    print(f"{'':24}" + f"{'1':>8}{'2':>8}" * 4)
    for name in names:
        rows = [_pair(name, count) for count in (1, 2)]
        cells = [f"{cold[k]:8.2f}" for k in (0, 1) for cold, _ in rows]
        cells += [f"{warm[1]:8.2f}" for _, warm in rows]
        cells += [f"{cold[1] / warm[1]:8.0f}" for cold, warm in rows]
        print(f"{name:24}" + "".join(cells), flush=True)


def _pair(name: str, count: int) -> tuple[tuple[float, float], tuple[float, float]]:
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "HPCFIT_CACHE_DIR": folder}
        found = [
            json.loads(
                subprocess.run(
                    [sys.executable, __file__, "--one", name, str(count)],
                    env=environment,
                    check=True,
                    capture_output=True,
                    text=True,
                ).stdout
            )
            for _ in range(2)
        ]
    return found[0], found[1]


def catalogue() -> Iterator[str]:
    """The names of all entries that need no option to be made."""
    from hpcfit.potentials import POTENTIALS

    for name, entry in POTENTIALS.items():
        try:
            entry()
        except TypeError:
            continue
        yield name


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(seconds(sys.argv[2], int(sys.argv[3]))))
    else:
        measured(iter(sys.argv[1:]) if sys.argv[1:] else catalogue())
