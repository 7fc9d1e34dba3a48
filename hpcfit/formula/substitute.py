"""Rebuilding an expression with some symbols replaced, and its value for given numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial

from hpcfit.formula.graph import COMPARISONS, Graph
from hpcfit.formula.node import Node
from hpcfit.formula.spline_nodes import CUBICS, stand_in, stand_in_block
from hpcfit.formula.walk import settle


def substitute(graph: Graph, node: Node, replacement: Mapping[Node, Node], known: dict[Node, Node]) -> Node:
    """`node` with symbols replaced. `known` remembers results for the same replacement."""
    return settle(
        node,
        known,
        lambda node: node.args,
        lambda node: _rebuilt(graph, node, replacement, [known[arg] for arg in node.args]),
    )


def _rebuilt(graph: Graph, node: Node, replacement: Mapping[Node, Node], args: list[Node]) -> Node:
    if not args:
        return replacement.get(node, node)
    if node.op == "power_i":
        return graph.powi(args[0], int(node.value or 0))
    if node.op in ("block", "fixed"):
        return graph.valued(node.op, tuple(args), node.value)
    if node.op.startswith("where"):
        return graph.where(node.op, *args)
    method: dict[str, Callable[..., Node]] = {
        "add": graph.add,
        "mul": graph.mul,
        "inverse": graph.inverse,
        "exp": graph.exp,
        "log": graph.log,
    }
    return method[node.op](*args) if node.op in method else graph.function(node.op, *args)


_OPERATIONS: Mapping[str, Callable[..., float]] = {
    "add": lambda a, b: a + b,
    "mul": lambda a, b: a * b,
    "inverse": lambda a: 1.0 / a,
    "power": math.pow,
    **{cubic: partial(stand_in, order) for order, cubic in enumerate(CUBICS)},
    "block": stand_in_block,
    "fixed": stand_in_block,
}


def evaluate(node: Node, values: Mapping[Node, float], known: dict[Node, float] | None = None) -> float:
    """The number an expression stands for; nan or an ArithmeticError, ValueError where it has none."""
    numbers: dict[Node, float] = {} if known is None else known

    def needs(node: Node) -> tuple[Node, ...]:
        if node.op not in COMPARISONS:
            return node.args
        sides = node.args[:2]  # of the branches only one may have a value
        return (*sides, _taken(node, numbers)) if all(side in numbers for side in sides) else sides

    def compute(node: Node) -> float:
        if node.op == "number":
            return node.number
        if node.op == "symbol":
            return values[node]
        if node.op in COMPARISONS:
            return numbers[_taken(node, numbers)]
        args = [numbers[arg] for arg in node.args]
        if node.op == "power_i":
            return float(args[0] ** int(node.value or 0))
        return (_OPERATIONS.get(node.op) or getattr(math, node.op))(*args)

    return settle(node, numbers, needs, compute)


def _taken(node: Node, numbers: Mapping[Node, float]) -> Node:
    a, b, yes, no = node.args
    return yes if COMPARISONS[node.op](numbers[a], numbers[b]) else no
