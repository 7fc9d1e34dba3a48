"""A step of a program's output on its way to a configuration, and the reasons to leave one out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from hpcfit.data.configuration import Configuration, Floats, configuration
from hpcfit.data.elements import atomic_number
from hpcfit.data.readers.keys import choose_named
from hpcfit.data.readers.reader import Quantity, ReadOptions, ReadReport, Source
from hpcfit.errors import DataError

#: Reasons of skipped steps; the user sees them once, with how many steps they are true of.
UNCONVERGED = "the electronic loop did not converge (--keep-unconverged reads such steps)"
CUT_OFF = "incomplete: the file ends within this step"
#: Components of xx yy zz yz xz xy in the order xx yy zz xy yz zx of VASP's lines and of potfit.
FROM_XY_YZ_ZX = [0, 1, 2, 4, 5, 3]


@dataclass
class Step:
    """One ionic step; `values` holds by quantity the entries that it can come from.

    `defaults` names the entries that are taken when the user chose none. numbers (natoms,),
    positions (natoms, 3), cell (3, 3); where begins the messages about it.
    """

    index: int
    where: str
    numbers: Sequence[int]
    positions: Floats
    cell: Floats
    pbc: bool | Sequence[bool] = True
    values: Mapping[Quantity, Mapping[str, Floats]] = field(default_factory=dict)
    defaults: Mapping[Quantity, str] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)

    def configuration(self, source: Source, options: ReadOptions, report: ReadReport) -> Configuration:
        """The configuration of this step, named by its place in the file; DataError beginning with where."""
        chosen = {
            quantity: choose_named(
                quantity,
                self.values.get(quantity, {}),
                self.defaults.get(quantity, quantity),
                options,
                report,
            )
            for quantity in ("energy", "forces", "stress")
        }
        energy = chosen["energy"]
        try:
            return configuration(
                source.identifier(self.index),
                self.numbers,
                self.positions,
                self.cell,
                self.pbc,
                energy=None if energy is None else float(energy),
                forces=chosen["forces"],
                stress=chosen["stress"],
                tag=source.tag,
                weights=self.weights,
            )
        except DataError as error:
            raise DataError(f"{self.where}: {error}") from error


def voigt(matrix: Floats) -> Floats:
    """xx yy zz yz xz xy (6,) of the symmetric part of `matrix` (3, 3)."""
    symmetric = 0.5 * (matrix + matrix.T)
    chosen: Floats = symmetric[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]
    return chosen


def scalar(value: float) -> Floats:
    """A number as an array ()."""
    return np.array(value, dtype=np.float64)


def elements(symbols: Sequence[str], where: str, remedy: str = "") -> list[int]:
    """Atomic numbers of `symbols`; DataError, beginning with `where`, for what is no element."""
    try:
        known = {symbol: atomic_number(symbol) for symbol in set(symbols)}
    except DataError as error:
        raise DataError(f"{where}: {error}{remedy}") from error
    return [known[symbol] for symbol in symbols]
