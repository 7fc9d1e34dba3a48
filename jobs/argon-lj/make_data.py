"""Makes argon.db: rattled argon crystals with the energies of an accurate pair potential.

    python jobs/argon-lj/make_data.py [--output argon.db]

Five structures, each at three volumes, each rattled twice. The energies are those of the potential HFDID1,
R. A. Aziz, J. Chem. Phys. 99, 4518 (1993), whose form is not that of Lennard-Jones. Needs ASE
(pip install 'hpcfit[ase]').
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

HERE = Path(__file__).resolve().parent
BOLTZMANN = 8.617333262e-5  # eV/K
BOHR = 0.529177249  # angstrom, the value of the paper's time

# HFDID1: depth and place of the well, repulsion, scale of the density, dispersion coefficients c6 to c14
# in units of EPSILON R_MIN^n.
EPSILON = 143.235 * BOLTZMANN
R_MIN = 3.757
AMPLITUDE, ALPHA, BETA = 8.73933927e4, 9.03228328, -2.37132823
RHO = 1.107
DISPERSION = {6: 1.09309955, 8: 0.51568309, 10: 0.32521242, 12: 0.27818156, 14: 0.31111959}

#: pairs are summed up to this distance (angstrom), and integrated with a constant density beyond it
SUMMED = 24.0
#: nearest-neighbour distances (angstrom), which make three volumes of each structure
SPACINGS = (3.6, 3.8, 4.1)
RATTLE = 0.12
STRUCTURES = ("fcc", "hcp", "bcc", "diamond", "sc")


def pair_energy(r: FloatArray) -> FloatArray:
    """Energy of two argon atoms r angstrom apart, in eV: Aziz's HFDID1."""
    x = r / R_MIN
    d = RHO * r / BOHR
    overlap = 1.0 - d**1.68 * np.exp(-0.78 * d)
    attraction = np.zeros_like(x)
    for n, coefficient in DISPERSION.items():
        damping = 1.0 - np.exp(-2.1 * d / n - 0.109 * d**2 / np.sqrt(n))
        attraction += coefficient * (damping / x) ** n
    repulsion = AMPLITUDE * np.exp(-ALPHA * x + BETA * x**2)
    return np.asarray(EPSILON * (repulsion - overlap * attraction))


def crystal_energy(atoms: Any) -> float:
    """Energy of a periodic crystal in eV, all of its pairs to infinity."""
    from ase.neighborlist import neighbor_list

    distances = neighbor_list("d", atoms, SUMMED)
    # Beyond is dispersion alone: the integral of 4 pi r^2 c/r^n from s on is 4 pi c s^(3-n)/(n-3).
    density = len(atoms) / atoms.get_volume()
    beyond = -sum(
        4.0 * np.pi * EPSILON * c * (R_MIN / SUMMED) ** n * SUMMED**3 / (n - 3) for n, c in DISPERSION.items()
    )
    return float(0.5 * (np.sum(pair_energy(distances)) + len(atoms) * density * beyond))


def perfect(structure: str, spacing: float) -> Any:
    """A cell of some dozen atoms whose nearest neighbours are `spacing` angstrom apart."""
    from ase.build import bulk

    if structure == "hcp":
        cell = bulk("Ar", "hcp", a=spacing, c=spacing * np.sqrt(8.0 / 3.0), orthorhombic=True)
        return cell.repeat((3, 2, 2))
    constant, repeat = {
        "fcc": (np.sqrt(2.0), 2),
        "bcc": (2.0 / np.sqrt(3.0), 3),
        "diamond": (4.0 / np.sqrt(3.0), 2),
        "sc": (1.0, 3),
    }[structure]
    return bulk("Ar", structure, a=spacing * constant, cubic=True).repeat(repeat)


def crystals() -> Iterator[tuple[str, str, Any]]:
    """(name, structure, atoms) of all configurations, without energies."""
    random = np.random.default_rng(1993)
    for structure in STRUCTURES:
        for spacing in SPACINGS:
            for copy in (1, 2):
                atoms = perfect(structure, spacing)
                atoms.positions += random.normal(scale=RATTLE, size=atoms.positions.shape)
                yield f"{structure}-{spacing}-{copy}", structure, atoms


def main() -> None:
    from ase.calculators.singlepoint import SinglePointCalculator
    from ase.db import connect

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=HERE / "argon.db")
    output: Path = parser.parse_args().output
    output.unlink(missing_ok=True)
    with connect(str(output), type="db") as database:
        for name, structure, atoms in crystals():
            atoms.calc = SinglePointCalculator(atoms, energy=crystal_energy(atoms))
            database.write(atoms, name=name, tag=structure)
    print(f"wrote {output}")


if __name__ == "__main__":
    main()
