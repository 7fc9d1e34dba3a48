"""Splines in expressions: a node for the value, and derivatives by what it is a function of.

A spline's node has as arguments where it is evaluated, a *block*, and its knots. The block stands for all
coefficients; to the kernels it is the place of the polynomials that are made of them (another one for each
kind of bond). The derivative by where it is evaluated is the same node with the next order.

By the coefficients there are as many derivatives as coefficients: each is a spline whose coefficients are
0 and one 1, a constant block (`unit`). At any place only four of them are not zero. Kernels that make use of
that ask for the derivatives by *local coefficients* (`local_coefficient`), and find out for every bond
which four they are (`interval`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from hpcfit.formula.graph import Graph
from hpcfit.formula.node import Node
from hpcfit.formula.spline_shape import SplineShape

#: coefficients that count at any place
LOCAL = 4
CUBICS = ("cubic0", "cubic1", "cubic2", "cubic3")
_WEIGHTS = ("weight0", "weight1", "weight2")


def block(graph: Graph, coefficients: Sequence[Node], shape: SplineShape) -> Node:
    """The block of a spline with these symbols for coefficients."""
    return graph.valued("block", tuple(coefficients), shape.kind)


def unit(graph: Graph, of: Node, index: int) -> Node:
    """The block of the spline that a block's is for each 1 that is added to one of its coefficients."""
    return graph.valued("unit", (), f"{of.value},{index}")


def spline(graph: Graph, x: Node, of: Node, shape: SplineShape) -> Node:
    """The value at x of the spline of a block."""
    return graph.function(CUBICS[0], x, of, *_knots(graph, shape))


def local_coefficient(graph: Graph, x: Node, of: Node, m: int) -> Node:
    """A symbol for the coefficient `interval` - 1 + m of a block's spline where that is evaluated at x."""
    return graph.symbol(f"coefficient {m} of {of.index} at {x.index}", x.uses | of.uses)


def interval(graph: Graph, node: Node) -> Node:
    """The interval of its knots that a spline is evaluated in, 0 below the first."""
    x, _, *knots = node.args
    return graph.function("interval", x, *knots)


def derivative_of_spline(graph: Graph, node: Node, symbol: Node, inner: Sequence[Node]) -> Node:
    """Derivative of a spline, or of a derivative of it, given those of its arguments."""
    order = CUBICS.index(node.op)
    x, of, *knots = node.args
    along, across, *_ = inner
    found = graph.zero
    if along is not graph.zero and order + 1 < len(CUBICS):
        found = graph.mul(graph.function(CUBICS[order + 1], *node.args), along)
    if across is not graph.zero:
        found = graph.add(found, graph.function(node.op, x, across, *knots))
    for m in range(LOCAL):
        if symbol is local_coefficient(graph, x, of, m):
            found = graph.add(found, graph.function(_WEIGHTS[order], x, graph.number(m), *knots))
    return found


def derivative_of_block(graph: Graph, node: Node, inner: Sequence[Node]) -> Node:
    """Derivative of a block by one of its coefficients."""
    return unit(graph, node, inner.index(graph.one)) if graph.one in inner else graph.zero


def stand_in(order: int, x: float, of: float, low: float, scale: float, n: float) -> float:
    """Some function, or its derivative, in place of a spline: what two expressions have to do with each
    other shows as well with it."""
    return scale**order * math.sin((x - low) * scale + 7.0 * of + 0.5 * math.pi * order)


def stand_in_block(*coefficients: float) -> float:
    """Some number in place of a block."""
    return sum(coefficient / (2.0 + k) for k, coefficient in enumerate(coefficients))


def _knots(graph: Graph, shape: SplineShape) -> tuple[Node, Node, Node]:
    return graph.number(shape.low), graph.number(1.0 / shape.interval), graph.number(shape.knots)
