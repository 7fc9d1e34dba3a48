"""The loop over bonds y of a bond environment, for eight bonds x of a site at once.

It is the loop of triplet_loop.py with less code: what a bond y adds is set to zero once where y is x, and not
in each sum. If asked to, it also stores V_xy = dG(y, x)/dD_x for every y, or adds up B_y V_xy.
"""

from __future__ import annotations

from collections.abc import Mapping

from hpcfit.formula.node import Node, Part
from hpcfit.formula.print_python import assignment_lines, expression_text
from hpcfit.formula.stage import frontier, schedule
from hpcfit.kernels.environment.slots import VECTOR
from hpcfit.kernels.plan import TripletPlan, is_late
from hpcfit.kernels.symbols import Symbols
from hpcfit.kernels.text import Text
from hpcfit.kernels.triplet_loop import AXES

Names = Mapping[Node, str]


def write_masked_loop(
    text: Text,
    symbols: Symbols,
    plan: TripletPlan,
    given: Names,
    rows: Mapping[Node, int],
    reverse: tuple[Node, Node] | None = None,
    vectors: str | None = None,
    weight: int = 0,
) -> None:
    """Sums s0, s1, ... over the bonds y other than x, and hx0, hy0, hz0, ... times u_y.

    Args:
        rows: of the scratch array, by the node of bond 2 that is stored there.
        reverse: dG(y, x)/dr_x and dG(y, x)/dcostheta, of which V is to be made.
        vectors: where in the scratch array the V of the first y goes; None to add up B V as vx, vy, vz.
        weight: row of B.
    """
    graph, scalars, vectors_of = symbols.graph, plan.scalars, plan.vectors
    outputs = [*scalars, *vectors_of, *(reverse or ())]
    text.add(*(f"s{k} = zero()" for k in range(len(scalars))))
    text.add(*(f"h{axis}{k} = zero()" for k in range(len(vectors_of)) for axis in AXES))
    if reverse is not None and vectors is None:
        text.add(*(f"v{axis} = zero()" for axis in AXES))
    with text.block("for y in range(begin, end):"):
        text.add(*(f"y{axis} = get(scratch, y + {k + 1} * capacity)" for k, axis in enumerate(AXES)))
        text.add("costheta = ux * yx + uy * yy + uz * yz", "itself = float(y)")
        found = frontier(graph, outputs, is_late)
        there = {node: f"b{rows[node]}" for node in found if node.part is Part.BOND_2}
        text.add(*(f"{name} = get(scratch, y + {name[1:]} * capacity)" for name in there.values()))
        given = {**given, symbols.costheta: "costheta", **there}
        assignments, names = schedule(graph, outputs, given, "y_")
        text.extend(assignment_lines(graph, assignments, names))

        def masked(node: Node) -> str:
            return f"where_equal(place, itself, 0.0, {expression_text(graph, node, names)})"

        text.add(*(f"s{k} = s{k} + {masked(node)}" for k, node in enumerate(scalars)))
        for k, node in enumerate(vectors_of):
            text.add(f"h{k} = {masked(node)}")
            text.add(*(f"h{axis}{k} = h{axis}{k} + h{k} * y{axis}" for axis in AXES))
        if reverse is not None:
            text.add(f"slope, turn = {masked(reverse[0])}, {masked(reverse[1])}")
            text.add(f"turn = turn * {given[graph.inverse(symbols.r1)]}", "slope = slope - turn * costheta")
            if vectors is None:
                text.add(f"weight = get(scratch, y + {weight} * capacity)")
                text.add("slope, turn = weight * slope, weight * turn")
                text.add(*(f"v{axis} = v{axis} + (slope * u{axis} + turn * y{axis})" for axis in AXES))
                return
            text.add(f"at = {vectors} + {VECTOR} * (y - begin)")
            for k, axis in enumerate(AXES):
                text.add(f"store(scratch, at + {8 * k}, slope * u{axis} + turn * y{axis})")
