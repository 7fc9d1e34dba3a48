"""Where the stages of a bond environment keep what they store for each bond of a block.

The first rows are those of every bond set: r and the unit vector. Then come the nodes of single bonds,
those computed before zeta first, and the slopes of the bond columns. With far names (environment_plan.py)
there are at last, for each species of bond 2 and each name, dB/dtheta and the derivative of 1/2 dU/dr.
"""

from __future__ import annotations

from dataclasses import dataclass

from hpcfit.formula.node import Node
from hpcfit.kernels.bond_stage import FIXED_ROWS
from hpcfit.kernels.environment_plan import EnvironmentPlan


@dataclass(frozen=True)
class EnvironmentRows:
    """Rows of the scratch array, for a model of `n_species`."""

    plan: EnvironmentPlan
    n_species: int

    @property
    def early(self) -> dict[Node, int]:
        """Of what is computed before zeta, with r itself."""
        nodes = {node: FIXED_ROWS + k for k, node in enumerate(self.plan.early)}
        return {self.plan.symbols.r1: 0} | nodes

    @property
    def late(self) -> dict[Node, int]:
        """Of what is made of zeta."""
        first = FIXED_ROWS + len(self.plan.early)
        return {node: first + k for k, node in enumerate(self.plan.late)}

    @property
    def stored(self) -> dict[Node, int]:
        """Of all nodes."""
        return {**self.early, **self.late}

    @property
    def of_bond_2(self) -> dict[Node, int]:
        """The same rows by the nodes of bond 2."""
        return {self.plan.exchanged[node]: row for node, row in self.stored.items()}

    @property
    def slopes(self) -> list[int | None]:
        """Of each bond column's slope; None where that is zero."""
        first = FIXED_ROWS + len(self.plan.early) + len(self.plan.late)
        rows: list[int | None] = []
        for column in self.plan.columns:
            rows.append(None if column.slope is self.plan.graph.zero else first)
            first += rows[-1] is not None
        return rows

    @property
    def first_far(self) -> int:
        """The first of dB/dtheta of the far names, then those of the slopes; species after species."""
        n_slopes = sum(row is not None for row in self.slopes)
        return FIXED_ROWS + len(self.plan.early) + len(self.plan.late) + n_slopes

    @property
    def n_far(self) -> int:
        """Rows that belong to one species of bond 2."""
        return 0 if self.plan.far is None else 2 * len(self.plan.far.sums)

    @property
    def total(self) -> int:
        """How many rows there are."""
        return self.first_far + self.n_species * self.n_far
