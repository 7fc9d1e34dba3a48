"""Generated code for what densities and embeddings respond to if they are splines: four coefficients each.

A bond adds to four coefficients of each spline in a density. They differ from lane to lane, so each lane
has numbers of its own for all coefficients of the spline; they are summed when all bonds of an atom and a
kind are in. The embedding of an atom adds to four coefficients once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hpcfit.devices.spline_columns import MORE_ROWS
from hpcfit.formula.node import Node
from hpcfit.formula.print_python import expression_text
from hpcfit.formula.spline_nodes import LOCAL
from hpcfit.kernels.density.atom_lanes import AtomTable
from hpcfit.kernels.density.plan import DensitySetPlan, EmbeddingPlan
from hpcfit.kernels.spline_plan import LocalSpline, LocalValues
from hpcfit.kernels.text import Text

_LANES = 8
#: rows of the scratch array that the bonds take
_BOND_ROWS = 4


@dataclass(frozen=True)
class _Sum:
    """One component of a density, by the coefficients of one spline: what a bond adds, and where it goes."""

    local: LocalValues
    values: tuple[Node, ...]
    product: str
    component: int
    bonds: int  # the interval, and LOCAL values, of eight bonds
    rows: int  # of coefficients, eight lanes each
    totals: int  # of coefficients
    first_name: int


class DensitySplines:
    """What the stage that sums densities writes for the coefficients of splines.

    Args:
        first_slot: where `columns` has the slots, of `n_names` names for each kind of bond; those of
            splines come after `n_columns` others.

    Attributes:
        size: numbers that are needed behind the bonds in the scratch array.
    """

    def __init__(
        self,
        plan: DensitySetPlan,
        first_slot: int,
        n_names: int,
        n_columns: int,
    ) -> None:
        self.plan = plan
        self.first_slot = first_slot
        self.n_names = n_names
        self.size = 0
        self.sums: list[_Sum] = []
        for local in plan.splines:
            for density, values in zip(plan.densities, local.values, strict=True):
                if all(node is plan.symbols.graph.zero for node in values):
                    continue
                for component, product in zip(density.components, density.products, strict=True):
                    c = plan.symbols.all_components.index(component)
                    self.sums.append(self._placed(local, values, product, c, n_columns))
            n_columns += len(local.spline.names)

    def _placed(
        self, local: LocalValues, values: tuple[Node, ...], product: str, component: int, first_name: int
    ) -> _Sum:
        bonds = self.size
        rows = bonds + _LANES * (1 + LOCAL)
        totals = rows + _LANES * _rows(local.spline)
        self.size = totals + _rows(local.spline)
        return _Sum(local, values, product, component, bonds, rows, totals, first_name)

    @property
    def outputs(self) -> list[Node]:
        """What is computed for each bond."""
        return [node for each in self.sums for node in (each.local.spline.interval, *each.values)]

    def start(self, text: Text) -> None:
        """Before the loop over a group's bonds."""
        if self.sums:
            text.add(f"base = {_BOND_ROWS} * capacity")
        for each in self.sums:
            text.add(f"clear_rows(scratch, base + {each.rows}, {_LANES * _rows(each.local.spline)})")

    def add_bonds(self, text: Text, names: Mapping[Node, str]) -> None:
        """In that loop; `names` of what was computed."""
        graph = self.plan.symbols.graph
        for each in self.sums:
            values = [(each.local.spline.interval, ""), *((value, each.product) for value in each.values)]
            for k, (node, product) in enumerate(values):
                factors = " * ".join([f"({expression_text(graph, node, names)})", *product])
                value = f"where_less(r, c0, {factors}, 0.0)"
                text.add(f"store(scratch, base + {each.bonds + _LANES * k}, {value})")
            text.add(f"spread_values(scratch, base + {each.bonds}, base + {each.rows})")

    def finish(self, text: Text, row: str) -> None:
        """After that loop; `row` is the first of the atom in `responses`."""
        for each in self.sums:
            spline = each.local.spline
            place = f"{self.first_slot} + {self.n_names} * kind + {each.first_name}"
            text.add(f"slots = {place}")
            text.add(f"sum_rows(scratch, base + {each.rows}, base + {each.totals}, {_rows(spline)})")
            text.add(f"rows_of_parameters(scratch, base + {each.totals}, 1, {spline.kind})")
            source = f"scratch, base + {each.totals}, 1, 0, {len(spline.names)}, columns, slots"
            text.add(f"give_slots({source}, responses, ({row} + {each.component}) * width)")


class EmbeddingSplines:
    """What the embedding writes for the coefficients of splines.

    Args:
        first_row: rows of eight in `work` that others need.
        n: number of components of densities.

    Attributes:
        n_work: numbers of `work` in all.
    """

    def __init__(self, plan: EmbeddingPlan, first_row: int, n: int) -> None:
        self.plan = plan
        self.n = n
        self.first_row = first_row
        rows = first_row + len(self.outputs)
        self.buffer = _LANES * rows
        sizes = [(1 + n) * _rows(each.spline) for each in plan.splines]
        self.n_work = self.buffer + max(sizes, default=0)

    @property
    def outputs(self) -> list[Node]:
        """What is computed for each atom: of each spline the interval, then energies and slopes."""
        return [
            node
            for each in self.plan.splines
            for node in (each.spline.interval, *(value for values in each.values for value in values))
        ]

    def give(self, text: Text, table: AtomTable) -> None:
        """For one atom: what energies and slopes have from it, to the sums and its responses."""
        row, name, stride = self.first_row, len(self.plan.columns), 1 + self.n
        for each in self.plan.splines:
            spline = each.spline
            text.add(f"clear_rows(work, {self.buffer}, {stride * _rows(spline)})")
            text.add(f"p = {self.buffer} + {stride} * int(get(work, {_LANES * row} + lane))")
            row += 1
            for k in range(stride):
                for m in range(LOCAL):
                    text.add(f"put(work, p + {stride * m + k}, get(work, {_LANES * row} + lane))")
                    row += 1
            text.add(f"rows_of_parameters(work, {self.buffer}, {stride}, {spline.kind})")
            text.add(f"slots = {table.first_slot(name)}")
            name += len(spline.names)
            for k in range(stride):
                to = "response_sums, kind * 7 * width" if k == 0 else f"responses, home + {k - 1} * width"
                source = f"work, {self.buffer}, {stride}, {k}, {len(spline.names)}, columns, slots"
                text.add(f"give_slots({source}, {to})")


def _rows(spline: LocalSpline) -> int:
    return spline.knots + MORE_ROWS
