"""The columns of a bond environment, and where the gradients of eight bonds are collected for each of them.

A *slot* holds the gradients of eight bonds that belong to one column: first that of the values, then those
of the centre's own parameters, then those of symmetric columns, of which nothing goes to the neighbours, and
the gradients by functions of the atom.
Parameters of a bond have one slot for each species that the other atom may have, parameters of a triplet one
for each ordered pair of species. Which contributions belong to which slot depends on species alone, and when
all are there, each slot is spread over the atoms once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from hpcfit.formula.written import WrittenName
from hpcfit.kernels.environment.plan import BondColumn, EnvironmentPlan
from hpcfit.kernels.text import Text

#: numbers of one slot: x, y, z of eight bonds, at last as eight times x, y, z and nothing
SLOT = 32
#: numbers of one V_xy (plan.py): x, y, z for eight bonds x
VECTOR = 24


@dataclass(frozen=True)
class EnvironmentSlots:
    """Slots of one environment, in a model of `n_species`; they start at `first` of the scratch array."""

    plan: EnvironmentPlan
    n_species: int
    first: str

    @cached_property
    def own(self) -> tuple[WrittenName, ...]:
        """Parameters of the centre alone, or of all atoms; in the order of the columns."""
        return tuple(
            column.name
            for column in self.plan.columns
            if column.name is not None and not column.symmetric and not self._of_a_bond(column)
        )

    @cached_property
    def symmetric(self) -> tuple[WrittenName, ...]:
        """Names of the symmetric columns."""
        return tuple(
            column.name for column in self.plan.columns if column.name is not None and column.symmetric
        )

    @cached_property
    def bonds(self) -> tuple[WrittenName, ...]:
        """Parameters of a bond, as of bond 1; those of columns first, in their order."""
        names = [column.name for column in self.plan.columns if self._of_a_bond(column)]
        far = [column.name for column in self.plan.forces.columns]
        far += [] if self.plan.far is None else [name for name, _ in self.plan.far.sums]
        names += [
            self._exchanged(name)
            for name in far
            if name is not None and 2 in name.slots and 1 not in name.slots
        ]
        return tuple(dict.fromkeys(name for name in names if name is not None))

    @cached_property
    def triplets(self) -> tuple[WrittenName, ...]:
        """Parameters of a triplet."""
        far = () if self.plan.far is None else self.plan.far.sums
        return tuple(name for name, _ in far if 1 in name.slots)

    @property
    def names(self) -> tuple[WrittenName, ...]:
        """The parameters that have a column for each pair of species."""
        return (*self.own, *self.symmetric, *self.bonds)

    @property
    def n_single(self) -> int:
        """Slots that do not depend on species."""
        return self.first_probe + len(self.plan.probes)

    @property
    def first_probe(self) -> int:
        """The slot of the first function of the atom."""
        return 1 + len(self.own) + len(self.symmetric)

    @property
    def total(self) -> int:
        """How many slots there are."""
        return self.n_single + self.n_species * (len(self.bonds) + self.n_species * len(self.triplets))

    def place(self, name: WrittenName | None, near: str, far: str) -> str:
        """The slot of a name for a bond 1 to the species `near` and a bond 2 to `far` (texts)."""
        n, first = self.n_species, self.n_single
        if name is None:
            return "0"
        if name in (single := (*self.own, *self.symmetric)):
            return str(1 + single.index(name))
        if 2 not in name.slots:
            return f"{first + n * self.bonds.index(name)} + {near}"
        if 1 not in name.slots:
            return f"{first + n * self.bonds.index(self._exchanged(name))} + {far}"
        if name not in self.triplets:
            name, near, far = self._exchanged(name), far, near
        first += n * (len(self.bonds) + n * self.triplets.index(name))
        return f"{first} + {n} * {near} + {far}"

    def step(self, name: WrittenName | None) -> int:
        """How many slots further that of the next name of the same sort is."""
        if name is None or name in (*self.own, *self.symmetric):
            return 1
        return self.n_species**2 if 1 in name.slots and 2 in name.slots else self.n_species

    def address(self, slot: str) -> str:
        """Where a slot lies in the scratch array."""
        return f"{self.first} + {SLOT} * ({slot})"

    def add(self, text: Text, name: WrittenName | None, gradient: Sequence[str], near: str, far: str) -> None:
        """Add what eight bonds contribute to a column."""
        text.add(f"b = {self.address(self.place(name, near, far))}")
        text.add(*(f"accumulate(scratch, b + {8 * d}, {value})" for d, value in enumerate(gradient)))

    def _of_a_bond(self, column: BondColumn) -> bool:
        return 1 in column.slots and not column.symmetric

    def _exchanged(self, name: WrittenName) -> WrittenName:
        return self.plan.symbols.swapped(name, 1, 2)
