"""Derivatives of graph expressions by the chain rule, sharing every part with the original."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from hpcfit.formula.graph import Graph
from hpcfit.formula.node import Node

Rule = Callable[[Graph, Node], Node]


def _number(value: float) -> Rule:
    return lambda graph, node: graph.number(value)


def _inverse_root(graph: Graph, node: Node, sign: float) -> Node:
    """1/sqrt(1 + sign x**2)."""
    square = graph.powi(node.args[0], 2)
    root = graph.function("sqrt", graph.add(graph.one, graph.mul(graph.number(sign), square)))
    return graph.inverse(root)


def _gauss(graph: Graph, node: Node, scale: float) -> Node:
    exponent = graph.negative(graph.powi(node.args[0], 2))
    return graph.mul(graph.number(scale), graph.exp(exponent))


#: derivative of f(x) by x, given the node f(x)
_RULES: Mapping[str, Rule] = {
    "exp": lambda graph, node: node,
    "log": lambda graph, node: graph.inverse(node.args[0]),
    "sqrt": lambda graph, node: graph.mul(graph.number(0.5), graph.inverse(node)),
    "inverse": lambda graph, node: graph.negative(graph.powi(node, 2)),
    "sin": lambda graph, node: graph.function("cos", *node.args),
    "cos": lambda graph, node: graph.negative(graph.function("sin", *node.args)),
    "tan": lambda graph, node: graph.add(graph.one, graph.powi(node, 2)),
    "asin": lambda graph, node: _inverse_root(graph, node, -1.0),
    "acos": lambda graph, node: graph.negative(_inverse_root(graph, node, -1.0)),
    "atan": lambda graph, node: graph.inverse(graph.add(graph.one, graph.powi(node.args[0], 2))),
    "sinh": lambda graph, node: graph.function("cosh", *node.args),
    "cosh": lambda graph, node: graph.function("sinh", *node.args),
    "tanh": lambda graph, node: graph.sub(graph.one, graph.powi(node, 2)),
    "erf": lambda graph, node: _gauss(graph, node, 2.0 / math.sqrt(math.pi)),
    "erfc": lambda graph, node: _gauss(graph, node, -2.0 / math.sqrt(math.pi)),
}


def derivative(graph: Graph, node: Node, symbol: Node, known: dict[Node, Node] | None = None) -> Node:
    """d node / d symbol. `known` remembers derivatives by the same symbol between calls."""
    known = {} if known is None else known
    found = known.get(node)
    if found is None:
        found = known[node] = _derivative(graph, node, symbol, known)
    return found


def _derivative(graph: Graph, node: Node, symbol: Node, known: dict[Node, Node]) -> Node:
    if node is symbol:
        return graph.one
    if not node.args or (not node.uses & symbol.uses and symbol.uses):
        return graph.zero
    inner = [derivative(graph, arg, symbol, known) for arg in node.args]
    if node.op == "add":
        return graph.sum(inner)
    if node.op == "mul":
        a, b = node.args
        return graph.add(graph.mul(inner[0], b), graph.mul(a, inner[1]))
    if node.op.startswith("where"):
        return graph.where(node.op, *node.args[:2], *inner[2:])
    if node.op == "power":
        return _of_power(graph, node, inner)
    if inner[0] is graph.zero:
        return graph.zero
    if node.op == "power_i":
        n = int(node.value or 0)
        outer = graph.mul(graph.number(n), graph.powi(node.args[0], n - 1))
    else:
        outer = _RULES[node.op](graph, node)
    return graph.mul(outer, inner[0])


def _of_power(graph: Graph, node: Node, inner: list[Node]) -> Node:
    """x**y for x of unknown sign: y x**(y-1) dx + x**y log(x) dy."""
    x, y = node.args
    result = graph.zero
    if inner[0] is not graph.zero:
        lower = graph.function("power", x, graph.sub(y, graph.one))
        result = graph.mul(graph.mul(y, lower), inner[0])
    if inner[1] is not graph.zero:
        result = graph.add(result, graph.mul(graph.mul(node, graph.log(x)), inner[1]))
    return result
