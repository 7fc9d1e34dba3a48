"""Where the stages of a bond environment keep what they store for each bond of a block.

The first rows are those of every bond set: r and the unit vector. Then come the nodes of single bonds that
are computed before zeta; B and its derivatives (`weights`); the slopes of the columns, in the same order;
and what else is made of B. With far names (plan.py) there are at last, for each species of
bond 2, dB/dtheta of each name and then the derivatives of the slope.
"""

from __future__ import annotations

from dataclasses import dataclass

from hpcfit.formula.node import Node
from hpcfit.kernels.bond_stage import FIXED_ROWS
from hpcfit.kernels.environment.plan import EnvironmentPlan


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
    def weights(self) -> int:
        """The first of B and its derivatives; those of the probes follow."""
        return FIXED_ROWS + len(self.plan.early)

    @property
    def slopes(self) -> int:
        """The first of the columns' slopes; those of the probes follow."""
        return self.weights + self.plan.n_responses + len(self.plan.probes)

    @property
    def late(self) -> dict[Node, int]:
        """Of what is made of B, with B itself."""
        weight, *others = self.plan.late
        first = self.slopes + len(self.plan.columns) + len(self.plan.probes)
        return {weight: self.weights} | {node: first + k for k, node in enumerate(others)}

    @property
    def stored(self) -> dict[Node, int]:
        """Of all nodes."""
        return {**self.early, **self.late}

    @property
    def of_bond_2(self) -> dict[Node, int]:
        """The same rows by the nodes of bond 2."""
        return {node: self.stored[partner] for node, partner in self.plan.partners.items()}

    @property
    def far(self) -> int:
        """The first of those of far names."""
        return self.slopes + len(self.plan.columns) + len(self.plan.probes) + len(self.plan.late) - 1

    @property
    def n_far(self) -> int:
        """Rows that belong to one species of bond 2."""
        return 0 if self.plan.far is None else 2 * len(self.plan.far.sums)

    @property
    def total(self) -> int:
        """How many rows there are."""
        return self.far + self.n_species * self.n_far
