"""An ASE calculator of a potential with its values: relaxation and dynamics with the code of the fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from ase.calculators.calculator import Calculator, all_changes

from hpcfit.data import ConfigurationBlock
from hpcfit.use.verlet_list import VerletList

if TYPE_CHECKING:
    from ase import Atoms

    from hpcfit.use.fitted_potential import FittedPotential

#: a model without bonds (constant energies) still gets lists, empty ones; angstrom
_SHORTEST = 0.1


class FittedCalculator(Calculator):
    """Energy (eV), forces (eV/angstrom) and, where the cell has a volume, stress (eV/angstrom^3).

    Made by `FittedPotential.calculator`. Directions may be periodic or not, one by one. Kernels are compiled,
    or loaded from the cache, when the calculator is made. It can be pickled and copied.

    Raises:
        DataError: from `calculate`, for species that the potential is not for, atoms on top of each other,
            positions or predictions that are not finite.
    """

    implemented_properties = ["energy", "free_energy", "forces", "stress"]  # noqa: RUF012
    default_parameters: dict[str, Any] = {}  # noqa: RUF012
    nolabel = True

    def __init__(self, potential: FittedPotential) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.potential = potential
        self._bonds = VerletList(max(potential.cutoff, _SHORTEST))
        potential.load_kernels()

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: list[str] | None = None,
        system_changes: list[str] = all_changes,
    ) -> None:
        """Everything at once, whatever `properties` asks for: the kernels compute it in one pass."""
        super().calculate(atoms, properties or ["energy"], system_changes)  # type: ignore[no-untyped-call]
        block = _block(self.atoms)  # type: ignore[arg-type]
        species = self.potential.species_index(block)
        geometry = self._bonds.at(block, species)
        rows = self.potential.predict(geometry)
        self.potential.check_finite(block, rows)
        energy = float(rows[0])
        self.results = {"energy": energy, "free_energy": energy, "forces": rows[1:-6].reshape(-1, 3)}
        if np.isfinite(geometry.volume[0]):
            self.results["stress"] = rows[-6:]


def _block(atoms: Atoms) -> ConfigurationBlock:
    """The atoms as a block of one configuration without references."""
    n = len(atoms)
    return ConfigurationBlock(
        identifier=(str(atoms.symbols),),
        first_atom=np.array([0, n], dtype=np.int64),
        number=atoms.numbers,
        position=atoms.positions,
        cell=atoms.cell.array[np.newaxis],
        pbc=atoms.pbc[np.newaxis],
        energy=_NO_ENERGY,
        force=_NO_FORCE,
        stress=_NO_STRESS,
        tag=("",),
    )


_NO_ENERGY, _NO_FORCE, _NO_STRESS = np.full(1, np.nan), np.zeros((0, 3)), np.full((1, 6), np.nan)
