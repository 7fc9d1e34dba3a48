"""The columns of a bond environment that depend on the species of neighbours.

While the gradients of eight bonds are computed, each column that they can contribute to has a *slot* for
them: for a parameter of a bond one per species of the other atom, for a parameter of a triplet one per
ordered pair of species. Which contributions belong to which slot then depends on species alone, and each slot
is spread over the atoms once. With one species there are no slots.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from hpcfit.formula.written import WrittenName
from hpcfit.kernels.environment_plan import BondColumn, EnvironmentPlan


@dataclass(frozen=True)
class EnvironmentSlots:
    """Slots of one environment, in a model of `n_species`.

    `bonds` names the parameters of a bond (as of bond 1), `triplets` those of a triplet.
    """

    plan: EnvironmentPlan
    n_species: int

    @cached_property
    def bonds(self) -> tuple[WrittenName, ...]:
        names = [column.name for column in self.plan.columns if self.has_slot(column)]
        far = [column.name for column in self.plan.forces.columns]
        far += [] if self.plan.far is None else [name for name, _ in self.plan.far.sums]
        names += [self._of_bond_1(name) for name in far if name is not None and self._of_far_bond(name)]
        return tuple(dict.fromkeys(name for name in names if name is not None))

    @cached_property
    def triplets(self) -> tuple[WrittenName, ...]:
        far = () if self.plan.far is None else self.plan.far.sums
        return tuple(name for name, _ in far if 1 in name.slots)

    @property
    def total(self) -> int:
        """How many slots there are."""
        return self.n_species * (len(self.bonds) + self.n_species * len(self.triplets))

    def has_slot(self, column: BondColumn) -> bool:
        """Whether a bond column contributes to slots."""
        return column.name is not None and 1 in column.name.slots and not column.symmetric

    def place(self, name: WrittenName, near: str, far: str) -> str:
        """The slot of a name for a bond 1 to the species `near` and a bond 2 to `far` (texts)."""
        n = self.n_species
        if 2 not in name.slots:
            return f"{n * self.bonds.index(name)} + {near}"
        if 1 not in name.slots:
            return f"{n * self.bonds.index(self._of_bond_1(name))} + {far}"
        if name not in self.triplets:
            name, near, far = self._of_bond_1(name), far, near
        return f"{n * (len(self.bonds) + n * self.triplets.index(name))} + {n} * {near} + {far}"

    def _of_far_bond(self, name: WrittenName) -> bool:
        return 2 in name.slots and 1 not in name.slots

    def _of_bond_1(self, name: WrittenName) -> WrittenName:
        return self.plan.symbols.swapped(name, 1, 2)
