"""Which columns of the model the densities of an atom respond to, and where their derivatives lie.

An atom's densities, and its A_c = dE/dc, depend on few parameters: those of the densities of bonds from
its species, and those of its embedding. Of the columns that these have, each species has a list; the
place in it is the column's *slot*. The kernels keep, for each atom of a configuration and each component
c of the densities, a row of `width` numbers: dc/dtheta, later dA_c/dtheta, for the slots of its species
(the rest is 0). Derivatives of an atom lie side by side, so that eight are read at once, for one neighbour.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ResponseTable:
    """Where the array `columns` says what the densities of one potential respond to.

    From `first` on stand the width, and for each species of the model how many slots it has and where
    its list of columns starts. The lists stand at the end of the array, for how long they are depends
    on which parameters are free.
    """

    potential: int
    first: int
    n_species: int

    @property
    def n_numbers(self) -> int:
        """How many numbers stand at `first`."""
        return 1 + 2 * self.n_species

    def fill(self, rows: list[int], columns: Iterable[tuple[int, Sequence[Sequence[int]]]]) -> None:
        """Write slots and this table into `rows`, and append the lists.

        Args:
            columns: of each table with slots, where they start, and the columns of its names (-1 for
                none), kind by kind; the first atom of a kind is the centre.
        """
        tables = list(columns)
        lists = [self._responding(species, tables) for species in range(self.n_species)]
        rows[self.first] = 8 * ((max(map(len, lists)) + 7) // 8)
        for species, found in enumerate(lists):
            rows[self.first + 1 + 2 * species : self.first + 3 + 2 * species] = len(found), len(rows)
            rows.extend(found)
        for first_slot, kinds in tables:
            for kind, names in enumerate(kinds):
                slot_of = {column: slot for slot, column in enumerate(lists[self._centre(kind, kinds)])}
                place = first_slot + kind * len(names)
                rows[place : place + len(names)] = [slot_of.get(column, -1) for column in names]

    def _responding(self, species: int, tables: Sequence[tuple[int, Sequence[Sequence[int]]]]) -> list[int]:
        found = {
            column
            for _, kinds in tables
            for kind, names in enumerate(kinds)
            if self._centre(kind, kinds) == species
            for column in names
            if column >= 0
        }
        return sorted(found)

    def _centre(self, kind: int, kinds: Sequence[Sequence[int]]) -> int:
        return kind // (len(kinds) // self.n_species)
