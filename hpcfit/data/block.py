"""A run of configurations as flat arrays: what is in the file, and what kernels want."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hpcfit.data.configuration import Configuration, Floats, cell_fault, cell_volumes
from hpcfit.data.elements import MAX_NUMBER
from hpcfit.errors import DataError

Flags = NDArray[np.bool_]
#: faults that one message lists
_SHOWN = 10


@dataclass(frozen=True, eq=False)
class ConfigurationBlock:
    """n configurations with N atoms altogether; atoms of configuration i are
    first_atom[i]:first_atom[i+1], counted within the block.

    first_atom (n+1,); number (N,) atomic numbers; position (N, 3) angstrom; cell (n, 3, 3)
    lattice vectors as rows, angstrom, zeros for none; pbc (n, 3); energy (n,) eV; force (N, 3)
    eV/angstrom; stress (n, 6) eV/angstrom^3, ASE's sign, xx yy zz yz xz xy; NaN in energy,
    force and stress is a missing value. identifier, tag (n,); weight: name -> (n,);
    atom_weight (N,); NaN there is a weight not given.
    """

    identifier: tuple[str, ...]
    first_atom: NDArray[np.int64]
    number: NDArray[np.uint8]
    position: Floats
    cell: Floats
    pbc: NDArray[np.bool_]
    energy: Floats
    force: Floats
    stress: Floats
    tag: tuple[str, ...]
    weight: Mapping[str, Floats] = field(default_factory=dict)
    atom_weight: Floats | None = None

    def __len__(self) -> int:
        return len(self.identifier)

    @property
    def n_atoms(self) -> int:
        """Atoms of the whole block."""
        return len(self.number)

    @property
    def natoms(self) -> NDArray[np.int64]:
        """Atoms of each configuration (n,)."""
        return np.diff(self.first_atom)

    @property
    def volume(self) -> Floats:
        """|det cell| of each configuration (n,), angstrom^3; NaN without a cell."""
        return cell_volumes(self.cell)

    @property
    def has_force(self) -> NDArray[np.bool_]:
        """Which configurations (n,) have forces; it is all of a configuration's atoms or none."""
        missing: Flags = np.isnan(self.force[self.first_atom[:-1], 0])
        return ~missing

    def configuration(self, index: int) -> Configuration:
        """Configuration `index` of the block, its arrays views of the block's."""
        atoms = slice(self.first_atom[index], self.first_atom[index + 1])
        has_stress = not np.isnan(self.stress[index, 0])
        has_atom_weight = self.atom_weight is not None and not np.isnan(self.atom_weight[atoms]).any()
        return Configuration(
            identifier=self.identifier[index],
            numbers=self.number[atoms],
            positions=self.position[atoms],
            cell=self.cell[index],
            pbc=self.pbc[index],
            energy=None if np.isnan(self.energy[index]) else float(self.energy[index]),
            forces=None if np.isnan(self.force[atoms.start, 0]) else self.force[atoms],
            stress=self.stress[index] if has_stress else None,
            tag=self.tag[index],
            weights={k: float(w[index]) for k, w in self.weight.items() if not np.isnan(w[index])},
            atom_weights=self.atom_weight[atoms]
            if has_atom_weight and self.atom_weight is not None
            else None,
        )

    def __iter__(self) -> Iterator[Configuration]:
        return (self.configuration(index) for index in range(len(self)))

    def check(self, where: str) -> None:
        """Raise DataError, naming `where` and the (first ten) configurations whose values cannot be."""
        found = [
            f"{where}: configuration {self.identifier[index]}: {what}"
            for faulty, what in self._faults()
            for index in np.flatnonzero(faulty).tolist()
        ]
        has_stress = ~np.isnan(self.stress[:, 0])
        flat = np.isnan(self.volume) & _all_finite(self.cell)
        for index in np.flatnonzero(flat & (has_stress | self.pbc.any(axis=1))):
            fault = cell_fault(self.cell[index], self.pbc[index], bool(has_stress[index]))
            if fault:
                found.append(f"{where}: configuration {self.identifier[index]}: {fault}")
        if found:
            more = [f"{where}: {len(found) - _SHOWN} faults more"] if len(found) > _SHOWN else []
            raise DataError("\n".join(found[:_SHOWN] + more))

    def _faults(self) -> Iterator[tuple[Flags, str]]:
        """Which configurations (n,) break which rule."""
        number: Flags = np.less(self.number, 1) | np.greater(self.number, MAX_NUMBER)
        yield self._any_atom(number), f"atomic numbers must be 1 to {MAX_NUMBER}; import the data again."
        not_finite = "contain NaN or infinity; correct the source and import it again."
        yield self._any_atom(~_all_finite(self.position)), f"positions {not_finite}"
        yield ~_all_finite(self.cell), f"cell vectors {not_finite}"
        yield np.isinf(self.energy), "energy is infinite; leave it out (NaN) if it is not known."
        yield self._any_atom(_any(np.isinf(self.force))), "forces are infinite; leave them out (NaN)."
        missing = np.isnan(self.force)
        some, every = self._any_atom(_any(missing)), ~self._any_atom(_any(~missing))
        yield some & ~every, "forces are NaN for some atoms; give all of them or none (all NaN)."
        yield _any(np.isinf(self.stress)), "stress is infinite; leave it out (NaN) if it is not known."
        gone = np.isnan(self.stress)
        yield _any(gone) & _any(~gone), "stress has some NaN components; give all six or none."
        for name, weight in self.weight.items():
            yield _no_weight(weight), f"weight {name} must be finite and not negative."
        if self.atom_weight is not None:
            wrong = self._any_atom(_no_weight(self.atom_weight))
            yield wrong, "weights of atoms must be finite and not negative."

    def _any_atom(self, flags: Flags) -> Flags:
        """For each configuration (n,), whether `flags` (N,) holds for any of its atoms."""
        if not len(self):
            return np.zeros(0, dtype=bool)
        return np.logical_or.reduceat(flags, self.first_atom[:-1])


def _any(flags: Flags) -> Flags:
    """Whether any of the flags of a row is set (rows,)."""
    made: Flags = np.logical_or.reduce(flags.reshape(len(flags), math.prod(flags.shape[1:])), axis=1)
    return made


def _all_finite(values: Floats) -> Flags:
    made: Flags = np.logical_and.reduce(
        np.isfinite(values).reshape(len(values), math.prod(values.shape[1:])), axis=1
    )
    return made


def _no_weight(weight: Floats) -> Flags:
    """Which entries are neither a weight nor NaN, the mark of none given."""
    made: Flags = np.less(weight, 0.0) | np.isinf(weight)
    return made


def gather(configurations: Sequence[Configuration]) -> ConfigurationBlock:
    """One block of all `configurations`, copied, in their order; identifiers are not compared here."""
    n = len(configurations)
    first_atom = np.zeros(n + 1, dtype=np.int64)
    np.cumsum([c.natoms for c in configurations], out=first_atom[1:])
    total = int(first_atom[-1])
    force = np.full((total, 3), np.nan)
    stress = np.full((n, 6), np.nan)
    names = sorted({name for c in configurations for name in c.weights})
    atom_weight = np.full(total, np.nan)
    for index, c in enumerate(configurations):
        atoms = slice(first_atom[index], first_atom[index + 1])
        if c.forces is not None:
            force[atoms] = c.forces
        if c.stress is not None:
            stress[index] = c.stress
        if c.atom_weights is not None:
            atom_weight[atoms] = c.atom_weights
    return ConfigurationBlock(
        identifier=tuple(c.identifier for c in configurations),
        first_atom=first_atom,
        number=np.concatenate([c.numbers for c in configurations] or [np.zeros(0, dtype=np.uint8)]),
        position=np.concatenate([c.positions for c in configurations] or [np.zeros((0, 3))]),
        cell=np.array([c.cell for c in configurations]).reshape(n, 3, 3),
        pbc=np.array([c.pbc for c in configurations], dtype=bool).reshape(n, 3),
        energy=np.array([np.nan if c.energy is None else c.energy for c in configurations], dtype=np.float64),
        force=force,
        stress=stress,
        tag=tuple(c.tag for c in configurations),
        weight={name: np.array([c.weights.get(name, np.nan) for c in configurations]) for name in names},
        atom_weight=None if np.isnan(atom_weight).all() else atom_weight,
    )
