"""The loop over bonds y of a bond environment, for eight bonds x of a site at once.

It is the loop of triplet_loop.py with less code: what a bond y adds is set to zero once where y is x, and not
in each sum. A kernel with many columns takes half the time to compile.
"""

from __future__ import annotations

from collections.abc import Mapping

from hpcfit.formula.node import Node, Part
from hpcfit.formula.print_python import assignment_lines, expression_text
from hpcfit.formula.stage import frontier, schedule
from hpcfit.kernels.plan import TripletPlan, is_late
from hpcfit.kernels.symbols import Symbols
from hpcfit.kernels.text import Text
from hpcfit.kernels.triplet_loop import AXES

Names = Mapping[Node, str]


def write_masked_loop(
    text: Text, symbols: Symbols, plan: TripletPlan, given: Names, rows: Mapping[Node, int]
) -> None:
    """Sums s0, s1, ... over the bonds y other than x, and hx0, hy0, hz0, ... times u_y.

    Args:
        rows: of the scratch array, by the node of bond 2 that is stored there.
    """
    graph, scalars, vectors = symbols.graph, plan.scalars, plan.vectors
    text.add(*(f"s{k} = zero()" for k in range(len(scalars))))
    text.add(*(f"h{axis}{k} = zero()" for k in range(len(vectors)) for axis in AXES))
    with text.block("for y in range(begin, end):"):
        text.add(*(f"y{axis} = get(scratch, y + {k + 1} * capacity)" for k, axis in enumerate(AXES)))
        text.add("costheta = ux * yx + uy * yy + uz * yz", "itself = float(y)")
        found = frontier(graph, [*scalars, *vectors], is_late)
        there = {node: f"b{rows[node]}" for node in found if node.part is Part.BOND_2}
        text.add(*(f"{name} = get(scratch, y + {name[1:]} * capacity)" for name in there.values()))
        given = {**given, symbols.costheta: "costheta", **there}
        assignments, names = schedule(graph, [*scalars, *vectors], given, "y_")
        text.extend(assignment_lines(graph, assignments, names))
        for k, node in enumerate(scalars):
            value = expression_text(graph, node, names)
            text.add(f"s{k} = s{k} + where_equal(place, itself, 0.0, {value})")
        for k, node in enumerate(vectors):
            value = expression_text(graph, node, names)
            text.add(f"h{k} = where_equal(place, itself, 0.0, {value})")
            text.add(*(f"h{axis}{k} = h{axis}{k} + h{k} * y{axis}" for axis in AXES))
