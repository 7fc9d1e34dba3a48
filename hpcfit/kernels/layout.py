"""Where the numbers of each bond set lie in the flat arrays that the kernels share.

A *kind* of bond is centre species * n_species + neighbour species; a kind of triplet is
kind of bond 1 * n_species + species of neighbour 2.

    numbers    which entry of the model's values each symbol is, and (last) whether the kind
               exists in the potential, for each kind of bond and each kind of triplet
    table      parameter expressions evaluated for each kind
    columns    Jacobian column of each written name for each kind, -1 for none; then what belongs
               to densities (slots.py)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from hpcfit.formula.potential import BoundPotential
from hpcfit.formula.written import WrittenName
from hpcfit.kernels.constants import ConstantPositions
from hpcfit.kernels.slots import ResponseTable


@dataclass(frozen=True)
class KindTable:
    """Names per kind of bond (`atoms` 2), of triplet (3) or species (1), and where their rows start.

    `all_have_columns`: there is one kind only, so no column is ever missing. `first_slot`: where the
    slots of its columns start (slots.py), in the same order; -1 for a table without.
    """

    potential: int
    atoms: int
    symbols: tuple[WrittenName, ...]
    columns: tuple[WrittenName, ...]
    first_number: int
    first_column: int
    first_entry: int
    n_entries: int
    all_have_columns: bool
    first_slot: int = -1

    @property
    def n_numbers(self) -> int:
        """Width of a row of `numbers`: the symbols, and whether the kind exists."""
        return len(self.symbols) + 1


@dataclass(frozen=True)
class Layout:
    """Sizes of the shared arrays and the tables in them; enough to fill them without formulas.

    `n_columns` counts the numbers of `columns` whose place does not depend on which parameters are free.
    """

    n_species: int
    tables: tuple[KindTable, ...]
    table_size: int
    n_columns: int
    responses: tuple[ResponseTable, ...]


def number_array(
    layout: Layout,
    potentials: Sequence[BoundPotential],
    species: Sequence[str],
) -> NDArray[np.int64]:
    """The `numbers` array: positions in the instances of all potentials and the constants behind them."""
    offsets = np.cumsum([0, *(len(potential.instances) for potential in potentials)])
    constants = ConstantPositions(potentials, int(offsets[-1]))
    rows: list[int] = []
    for table in layout.tables:
        potential, first = potentials[table.potential], int(offsets[table.potential])
        for atoms in product(species, repeat=table.atoms):
            present = set(atoms) <= set(potential.species)
            for name in table.symbols if present else ():
                constant = constants.find(table.potential, name.parameter, name.key(atoms))
                rows.append(first + _position(potential, name, atoms) if constant is None else constant)
            rows += [] if present else [0] * len(table.symbols)
            rows.append(int(present))
    return np.array(rows, dtype=np.int64)


def column_array(
    layout: Layout,
    potentials: Sequence[BoundPotential],
    species: Sequence[str],
    column_of: Mapping[int, int],
) -> NDArray[np.int64]:
    """The `columns` array; `column_of` maps a position in the values to its column."""
    offsets = np.cumsum([0, *(len(potential.instances) for potential in potentials)])
    rows = [-1] * max(layout.n_columns, 1)
    with_slots: dict[int, list[tuple[int, list[list[int]]]]] = {}
    for table in layout.tables:
        potential, first = potentials[table.potential], int(offsets[table.potential])
        kinds = []
        for atoms in product(species, repeat=table.atoms):
            present = set(atoms) <= set(potential.species)
            positions = [
                first + _position(potential, name, atoms) if present else -1 for name in table.columns
            ]
            kinds.append([column_of.get(position, -1) for position in positions])
        columns = [column for names in kinds for column in names]
        rows[table.first_column : table.first_column + len(columns)] = columns
        if table.first_slot >= 0:
            with_slots.setdefault(table.potential, []).append((table.first_slot, kinds))
    for response in layout.responses:
        response.fill(rows, with_slots.get(response.potential, []))
    return np.array(rows, dtype=np.int64)


def _position(potential: BoundPotential, name: WrittenName, atoms: tuple[str, ...]) -> int:
    return potential.position[potential.instance(name.parameter, name.key(atoms))]
