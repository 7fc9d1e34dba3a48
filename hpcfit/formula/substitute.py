"""Rebuilding an expression with some symbols replaced, and its value for given numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from hpcfit.formula.graph import COMPARISONS, Graph
from hpcfit.formula.node import Node


def substitute(graph: Graph, node: Node, replacement: Mapping[Node, Node], known: dict[Node, Node]) -> Node:
    """`node` with symbols replaced. `known` remembers results for the same replacement."""
    found = known.get(node)
    if found is None:
        found = known[node] = _rebuilt(
            graph, node, replacement, [substitute(graph, arg, replacement, known) for arg in node.args]
        )
    return found


def _rebuilt(graph: Graph, node: Node, replacement: Mapping[Node, Node], args: list[Node]) -> Node:
    if not args:
        return replacement.get(node, node)
    if node.op == "power_i":
        return graph.powi(args[0], int(node.value or 0))
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
}


def evaluate(node: Node, values: Mapping[Node, float], known: dict[Node, float] | None = None) -> float:
    """The number an expression stands for; nan or an ArithmeticError, ValueError where it has none."""
    known = {} if known is None else known
    if node.op == "number":
        return node.number
    if node.op == "symbol":
        return values[node]
    if node not in known:
        if node.op in COMPARISONS:  # the other branch may have no value
            a, b = (evaluate(arg, values, known) for arg in node.args[:2])
            branch = node.args[2 if COMPARISONS[node.op](a, b) else 3]
            return known.setdefault(node, evaluate(branch, values, known))
        args = [evaluate(arg, values, known) for arg in node.args]
        if node.op == "power_i":
            known[node] = args[0] ** int(node.value or 0)
        else:
            known[node] = (_OPERATIONS.get(node.op) or getattr(math, node.op))(*args)
    return known[node]
