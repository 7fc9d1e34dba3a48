"""Generated code that runs once per bond: pair energies and slopes, and what triplets need.

A block of sites lies in the scratch array as rows over *lanes*: r, then the unit vector
ux, uy, uz, then one row for each quantity the later stage reads. Each group of eight lanes holds
bonds of one site and one kind; lanes left over hold a bond beyond the cutoff, and count nothing.
Bonds that densities act through (density_force_stage.py) read what belongs to the atoms at either end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hpcfit.formula.graph import Graph
from hpcfit.formula.node import Node
from hpcfit.formula.print_python import assignment_lines, expression_text
from hpcfit.formula.stage import schedule
from hpcfit.formula.written import WrittenName
from hpcfit.kernels.density_force_plan import AXES
from hpcfit.kernels.density_force_stage import GradientRow, gradient_rows, write_contractions, write_gradients
from hpcfit.kernels.layout import KindTable
from hpcfit.kernels.plan import SetPlan
from hpcfit.kernels.text import Text

#: rows of the scratch array that every bond set has: r, ux, uy, uz
FIXED_ROWS = 4


def slope_rows(plan: SetPlan) -> list[int]:
    """Scratch row of dU/dr of each pair column."""
    return [FIXED_ROWS + k for k in range(len(plan.pair))]


def stored_rows(plan: SetPlan) -> dict[Node, int]:
    """Scratch row of each stored node; r itself is row 0."""
    symbols = plan.bonds.symbols
    nodes = list(plan.stored)
    if plan.bonds.triplet is not None and (inverse := plan.graph.inverse(symbols.r1)) not in nodes:
        nodes.append(inverse)
    first = FIXED_ROWS + len(plan.pair)
    return {symbols.r1: 0} | {node: first + k for k, node in enumerate(nodes)}


def _n_common_rows(plan: SetPlan) -> int:
    return max([FIXED_ROWS - 1, *slope_rows(plan), *stored_rows(plan).values()]) + 1


def direct_rows(plan: SetPlan) -> dict[int, int]:
    """First of the three scratch rows of the direct part of a pair column's gradient, by its index."""
    with_direct = [k for k, column in enumerate(plan.pair) if column.direct]
    return {k: _n_common_rows(plan) + 3 * place for place, k in enumerate(with_direct)}


def response_rows(plan: SetPlan) -> list[GradientRow]:
    """What the responses of densities need of bonds, and in which scratch rows it is."""
    return gradient_rows(plan, _n_common_rows(plan) + 3 * len(direct_rows(plan)))


def n_rows(plan: SetPlan) -> int:
    """Rows of the scratch array that a set uses."""
    return _n_common_rows(plan) + 3 * (len(direct_rows(plan)) + len(response_rows(plan)))


def table_names(table: KindTable, nodes: tuple[Node, ...], prefix: str) -> dict[Node, str]:
    """Names of the local variables that hold a kind's table entries."""
    return {node: f"{prefix}{k}" for k, node in enumerate(nodes[: table.n_entries])}


def write_bond_stage(text: Text, name: str, plan: SetPlan, table: KindTable) -> None:
    """Function `name`(n_vectors, kinds, scratch, capacity, table, columns, value_column, sums).

    If densities act through the bonds, it also takes owners, rows_of, fields, most_atoms.
    """
    graph, r = plan.graph, plan.bonds.symbols.r1
    constants = table_names(table, plan.bond_table, "c")
    rows = stored_rows(plan)
    inverse = graph.inverse(r)
    outputs = [inverse, *(node for column in plan.pair for node in (column.energy, column.slope)), *rows]
    outputs += [node for column in plan.pair for node in column.direct]
    if plan.responds:
        outputs += [node for force in plan.forces for node in force.bond_nodes]
    text.add("@kernel")
    arguments = "n_vectors, kinds, scratch, capacity, table, columns, value_column, sums"
    if plan.forces:
        arguments += ", owners, rows_of, fields, most_atoms"
    with text.block(f"def {name}({arguments}):"), text.block("for v in range(n_vectors):"):
        text.add("o = 8 * v", "kind = get(kinds, v)")
        text.add(f"t = {table.first_entry} + {table.n_entries} * kind")
        for k, constant in enumerate(constants.values()):
            text.add(f"{constant} = get(table, t + {k})")
        text.add("r = load(scratch, o)")
        given = {r: "r", **constants}
        if plan.forces:
            text.add(*(f"d{axis} = load(scratch, o + {k + 1} * capacity)" for k, axis in enumerate(AXES)))
            given |= write_contractions(text, plan)
        assignments, names = schedule(graph, outputs, given, "x")
        text.extend(assignment_lines(graph, assignments, names))
        _write_units(text, plan, names[inverse])
        for node, row in (
            *((column.slope, row) for column, row in zip(plan.pair, slope_rows(plan), strict=True)),
            *((node, row) for node, row in rows.items() if row >= FIXED_ROWS),
            *(
                (node, row + k)
                for c, row in direct_rows(plan).items()
                for k, node in enumerate(plan.pair[c].direct)
            ),
        ):
            value = expression_text(graph, node, names)
            text.add(f"store(scratch, o + {row} * capacity, where_less(r, c0, {value}, 0.0))")
        if plan.responds:
            parts = (node for force in plan.forces for node in force.bond_nodes)
            texts = {node: expression_text(graph, node, names) for node in parts}
            write_gradients(text, response_rows(plan), texts)
        energies = ((column.name, column.energy) for column in plan.pair)
        write_energies(text, graph, energies, table, names)
    text.add("", "")


def _write_units(text: Text, plan: SetPlan, inverse: str) -> None:
    for row, axis in enumerate(AXES, start=1):
        place = f"o + {row} * capacity"
        if plan.forces:
            text.add(f"u{axis} = d{axis} * {inverse}", f"store(scratch, {place}, u{axis})")
        else:
            text.add(f"store(scratch, {place}, load(scratch, {place}) * {inverse})")


def write_energies(
    text: Text,
    graph: Graph,
    energies: Iterable[tuple[WrittenName | None, Node]],
    table: KindTable,
    names: Mapping[Node, str],
) -> None:
    """Add the energies of eight bonds to the sums of their columns: of the value (no name), of parameters."""
    text.add(f"q = {table.first_column} + {len(table.columns)} * kind")
    for name, energy in energies:
        if energy is graph.zero:
            continue
        value = f"where_less(r, c0, {expression_text(graph, energy, names)}, 0.0)"
        if name is None:
            text.add(f"accumulate(sums, STRIDE * value_column, {value})")
            continue
        k = table.columns.index(name)
        text.add(f"k{k} = get(columns, q + {k})")
        with text.only_if(None if table.all_have_columns else f"k{k} >= 0"):
            text.add(f"accumulate(sums, STRIDE * k{k}, {value})")
