"""Generated code that runs once per bond, for terms that contain densities.

It computes pair energies and slopes, and what triplets need, for eight bonds of an atom, whose functions S_k
are numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from hpcfit.formula.node import Node
from hpcfit.formula.print_python import assignment_lines, expression_text
from hpcfit.formula.stage import schedule
from hpcfit.kernels.atom_rows import AtomRows
from hpcfit.kernels.bond_stage import FIXED_ROWS, write_energies
from hpcfit.kernels.density.term_plan import DensityTermPlan, TermColumn
from hpcfit.kernels.layout import KindTable
from hpcfit.kernels.text import Text


@dataclass(frozen=True)
class TermRows:
    """Rows of the scratch array of one set; `slopes` and `energies` by column, `stored` by node."""

    plan: DensityTermPlan

    @cached_property
    def slopes(self) -> dict[TermColumn, int]:
        zero, columns = self.plan.graph.zero, (*self.plan.forces, *self.plan.sums)
        found = [column for column in columns if column.slope is not zero]
        return {column: FIXED_ROWS + k for k, column in enumerate(found)}

    @cached_property
    def energies(self) -> dict[TermColumn, int]:
        """Of the columns that are summed for each atom."""
        found = [column for column in self.plan.sums if column.energy is not self.plan.graph.zero]
        return {column: FIXED_ROWS + len(self.slopes) + k for k, column in enumerate(found)}

    @cached_property
    def stored(self) -> dict[Node, int]:
        first = FIXED_ROWS + len(self.slopes) + len(self.energies)
        rows = {node: first + k for k, node in enumerate(self.plan.stored)}
        return {self.plan.symbols.r1: 0} | rows

    @property
    def total(self) -> int:
        return FIXED_ROWS + len(self.slopes) + len(self.energies) + len(self.plan.stored)


def load_functions(text: Text, plan: DensityTermPlan, atoms: AtomRows) -> dict[Node, str]:
    """Variables of S_k of atom i."""
    names = {value: f"i{k}" for k, value in enumerate(plan.functions.values)}
    text.add(
        *(f"{name} = get(fields, {atoms.value(k)} * most_atoms + i)" for k, name in enumerate(names.values()))
    )
    return names


def write_term_bonds(
    text: Text, name: str, plan: DensityTermPlan, table: KindTable, rows: TermRows, atoms: AtomRows
) -> None:
    """Function `name` over the vectors of one block."""
    graph, r = plan.graph, plan.symbols.r1
    constants = {node: f"c{k}" for k, node in enumerate(plan.bond_table)}
    inverse = graph.inverse(r)
    columns = (*plan.forces, *plan.sums)
    outputs = [inverse, *(node for each in columns for node in (each.energy, each.slope)), *plan.stored]
    arguments = (
        "n_vectors, kinds, scratch, capacity, table, columns, value_column, sums, owners, fields, most_atoms"
    )
    text.add("@kernel")
    with text.block(f"def {name}({arguments}):"), text.block("for v in range(n_vectors):"):
        text.add("o = 8 * v", "kind = get(kinds, v)", "i = get(owners, v)", "r = load(scratch, o)")
        text.add(f"t = {table.first_entry} + {table.n_entries} * kind")
        text.add(*(f"{constant} = get(table, t + {k})" for k, constant in enumerate(constants.values())))
        of_atom = load_functions(text, plan, atoms)
        assignments, names = schedule(graph, outputs, {r: "r", **constants, **of_atom}, "x")
        text.extend(assignment_lines(graph, assignments, names))
        for row in (1, 2, 3):
            place = f"o + {row} * capacity"
            text.add(f"store(scratch, {place}, load(scratch, {place}) * {names[inverse]})")
        stores = [(row, column.slope) for column, row in rows.slopes.items()]
        stores += [(row, column.energy) for column, row in rows.energies.items()]
        stores += [(row, node) for node, row in rows.stored.items() if row]
        for row, node in stores:
            value = f"where_less(r, c0, {expression_text(graph, node, names)}, 0.0)"
            text.add(f"store(scratch, o + {row} * capacity, {value})")
        energies = ((column.name, column.energy) for column in plan.forces)
        write_energies(text, graph, energies, table, names)
    text.add("", "")
