"""Generated code of the triplet term, for eight bonds x of a site at once.

The loop over the site's bonds y adds up what depends on both; with W the triplet energy and
u the unit vectors,

    dE/dD_x = (S - (H . u_x)/r_x) u_x + H/r_x,   S = sum_y dW/dr_x,  H = sum_y dW/dcostheta u_y

The eight lanes are eight bonds x, so no sum runs across lanes, and y need not be padded. Each
triplet is met twice, once from either bond; that costs less than taking sums apart again. What
depends on bond x alone was taken out of the sums (plan.py) and multiplies them after the loop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from hpcfit.formula.node import Node, Part
from hpcfit.formula.print_python import assignment_lines, expression_text
from hpcfit.formula.stage import frontier, schedule
from hpcfit.kernels.layout import KindTable
from hpcfit.kernels.plan import TripletColumn, TripletPlan, is_late
from hpcfit.kernels.symbols import Symbols
from hpcfit.kernels.text import Text

AXES = ("x", "y", "z")
Names = Mapping[Node, str]


@contextmanager
def over_far_species(text: Text, n_species: int) -> Iterator[None]:
    """For each species of bonds y, if there are any: where these begin and end."""
    with text.over("far", n_species):
        text.add("begin = get(groups, g + 2 * far)", "end = begin + get(groups, g + 2 * far + 1)")
        with text.only_if(None if n_species == 1 else "end > begin"):
            yield


def load_constants(text: Text, table: KindTable, n_species: int, entries: Sequence[Node]) -> dict[Node, str]:
    """What depends on parameters alone, of the triplets with bonds y of one species."""
    names = {node: f"p{k}" for k, node in enumerate(entries)}
    text.add(f"triplet = {n_species} * kind + far")
    text.add(f"t = {table.first_entry} + {table.n_entries} * triplet")
    text.add(*(f"{name} = get(table, t + {k})" for k, name in enumerate(names.values())))
    return names


def write_triplets(
    text: Text, symbols: Symbols, plan: TripletPlan, given: Names, rows: Mapping[Node, int]
) -> dict[Node, str]:
    """The sums over bonds y of one species; returns the names of what multiplies them.

    Args:
        given: names of r and of what depends on bond x, the atom or parameters.
        rows: where the scratch array has what depends on bond y.
    """
    given = write_before_loop(text, symbols, plan, given)
    _write_loop(text, symbols, plan, given, rows)
    return write_factors(text, symbols, plan, given)


def write_before_loop(text: Text, symbols: Symbols, plan: TripletPlan, given: Names) -> dict[Node, str]:
    """What depends on bond x and on parameters of the triplet; returns `given` with its names."""
    inner = [*plan.scalars, *plan.vectors]
    lane = [
        node
        for node in frontier(symbols.graph, inner, lambda node: node.part is Part.TRIPLET)
        if node not in given and node.part in (Part.LANE, Part.BOND_1)
    ]
    assignments, names = schedule(symbols.graph, lane, given, "l")
    text.extend(assignment_lines(symbols.graph, assignments, names))
    return {node: names[node] for node in (*given, *lane) if node in names}


def _write_loop(
    text: Text, symbols: Symbols, plan: TripletPlan, given: Names, rows: Mapping[Node, int]
) -> None:
    """Sums s0, s1, ... over the bonds y other than x, and hx0, hy0, hz0, ... times u_y."""
    graph, scalars, vectors = symbols.graph, plan.scalars, plan.vectors
    text.add(*(f"s{k} = zero()" for k in range(len(scalars))))
    text.add(*(f"h{axis}{k} = zero()" for k in range(len(vectors)) for axis in AXES))
    with text.block("for y in range(begin, end):"):
        text.add(*(f"y{axis} = get(scratch, y + {k + 1} * capacity)" for k, axis in enumerate(AXES)))
        text.add("costheta = ux * yx + uy * yy + uz * yz", "itself = float(y)")
        there = {symbols.costheta: "costheta"}
        for node in frontier(graph, [*scalars, *vectors], is_late):
            if node.part is Part.BOND_2:
                row = rows[node] if node in rows else rows[symbols.exchange(node)]
                there[node] = f"b{row}"
                text.add(f"b{row} = get(scratch, y + {row} * capacity)")
        assignments, names = schedule(graph, [*scalars, *vectors], {**given, **there}, "y_")
        text.extend(assignment_lines(graph, assignments, names))
        for k, node in enumerate(scalars):
            _write_sum(text, f"s{k}", expression_text(graph, node, names))
        for k, node in enumerate(vectors):
            text.add(f"h{k} = {expression_text(graph, node, names)}")
            for axis in AXES:
                _write_sum(text, f"h{axis}{k}", f"h{k} * y{axis}")


def _write_sum(text: Text, name: str, value: str) -> None:
    text.add(f"{name} = where_equal(place, itself, {name}, {name} + {value})")


def write_factors(text: Text, symbols: Symbols, plan: TripletPlan, given: Names) -> dict[Node, str]:
    """The factors of the sums; returns all names."""
    factors = [
        node
        for column in plan.columns
        for products in (column.energy, column.slope, column.turn)
        for node, _ in products
    ]
    assignments, names = schedule(symbols.graph, factors, given, "z")
    text.extend(assignment_lines(symbols.graph, assignments, names))
    return names


def write_gradient(
    text: Text, symbols: Symbols, column: TripletColumn, names: Names, label: str
) -> dict[str, str]:
    """What to assign, or add, to the variables gx, gy, gz and e (with the label) of a column."""

    def combined(products: tuple[tuple[Node, int], ...], sums: str) -> str:
        terms = [f"{expression_text(symbols.graph, node, names)} * {sums}{k}" for node, k in products]
        return " + ".join(terms) or "zero()"

    inverse = names[symbols.graph.inverse(symbols.r1)]
    text.add(*(f"h{axis}{label} = {combined(column.turn, f'h{axis}')}" for axis in AXES))
    along = " + ".join(f"h{axis}{label} * u{axis}" for axis in AXES)
    text.add(f"along{label} = {combined(column.slope, 's')} - ({along}) * {inverse}")
    gradient = {f"g{axis}{label}": f"along{label} * u{axis} + h{axis}{label} * {inverse}" for axis in AXES}
    return {**gradient, f"e{label}": combined(column.energy, "s")}
