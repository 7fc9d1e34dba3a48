"""The numbers of functions that have no parameters: constants that kernels find behind the values.

The functions of one potential after those of another, each key of each in the order of `enumerate_keys`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from hpcfit.formula.keys import Key, canonical_key, enumerate_keys, is_ordered
from hpcfit.formula.potential import BoundPotential
from hpcfit.formula.tabulated import Tabulated, place_name

FloatArray = NDArray[np.float64]


def constant_array(potentials: Sequence[BoundPotential]) -> FloatArray:
    """All of these numbers."""
    rows = [table.of(key).reshape(-1) for _, _, table, key in _functions(potentials)]
    return np.concatenate(rows) if rows else np.empty(0)


class ConstantPositions:
    """Where the function of a name and key begins, behind `n_values` values."""

    def __init__(self, potentials: Sequence[BoundPotential], n_values: int) -> None:
        self._potentials = potentials
        self._first: dict[tuple[int, str, Key], int] = {}
        for index, _, table, key in _functions(potentials):
            self._first[index, place_name(table.name), key] = n_values
            n_values += table.of(key).size

    def find(self, potential: int, name: str, key: Key) -> int | None:
        """What the symbol of a place stands for, for a key; None of other symbols."""
        bound = self._potentials[potential]
        for table in bound.formula.tables:
            if name == place_name(table.name):
                key = canonical_key(key, bound.species, is_ordered(table.kind))
                return self._first[potential, name, key]
        return None


def _functions(
    potentials: Sequence[BoundPotential],
) -> Iterator[tuple[int, BoundPotential, Tabulated, Key]]:
    for index, potential in enumerate(potentials):
        for table in potential.formula.tables:
            for key in enumerate_keys(table.kind, potential.species):
                yield index, potential, table, key
