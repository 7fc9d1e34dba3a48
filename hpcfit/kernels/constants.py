"""The numbers of tabulated functions, which the kernels get together with the values of parameters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hpcfit.formula.keys import Key, canonical_key, is_ordered
from hpcfit.formula.potential import BoundPotential
from hpcfit.formula.tabulated import Tabulated

FloatArray = NDArray[np.float64]


class Constants:
    """The rows of all tables of some potentials, one after the other.

    Attributes:
        numbers: all of them (size,).
    """

    def __init__(self, potentials: Sequence[BoundPotential]) -> None:
        self._places: dict[tuple[int, str, Key], int] = {}
        self._potentials = potentials
        parts: list[FloatArray] = []
        size = 0
        for q, potential in enumerate(potentials):
            for table in potential.formula.tables:
                for key, rows in table.rows.items():
                    self._places[q, table.name, key] = size
                    parts.append(np.asarray(rows, dtype=np.float64).ravel())
                    size += rows.size
        self.numbers: FloatArray = np.concatenate(parts) if parts else np.empty(0)

    def table(self, potential: int, name: str) -> Tabulated | None:
        """The table of a potential that bears the name."""
        tables = self._potentials[potential].formula.tables
        return next((table for table in tables if table.name == name), None)

    def place(self, potential: int, table: Tabulated, key: Key) -> int:
        """Where among the numbers the rows for a key, in any spelling, begin."""
        species = self._potentials[potential].species
        return self._places[potential, table.name, canonical_key(key, species, is_ordered(table.kind))]
