"""Derivatives of graph expressions by the chain rule, sharing every part with the original.

A sum over neighbours (a density, a bond's zeta) is exactly 0 where there are none, and powers below one
and roots have an infinite slope there. Nothing moves such a sum, so what multiplies its own derivative
must only be finite: where the base is a sum and 0, the slopes of x**y (but for y = 1) and sqrt(x) are
taken to be 0. The derivative of x**y by y at x = 0 is its limit 0, whatever x is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

from hpcfit.formula.graph import Graph
from hpcfit.formula.node import Node, Uses
from hpcfit.formula.spline_nodes import CUBICS, derivative_of_block, derivative_of_spline
from hpcfit.formula.walk import settle

_SUMS = Uses.DENSITY | Uses.ENVIRONMENT_1 | Uses.ENVIRONMENT_2
_NOTHING_ELSE: Mapping[Node, Node] = MappingProxyType({})

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


def derivative(
    graph: Graph,
    node: Node,
    symbol: Node,
    known: dict[Node, Node] | None = None,
    through: Mapping[Node, Node] = _NOTHING_ELSE,
) -> Node:
    """d node / d symbol.

    Args:
        known: remembers derivatives between calls with the same symbol and the same `through`.
        through: derivatives by the symbol of other symbols, which depend on it.
    """
    uses = symbol.uses
    for other, inner in through.items():
        uses = uses | other.uses if uses and inner is not graph.zero else uses
    known = {} if known is None else known
    known.update(through)
    return _Chain(graph, symbol, uses, known).of(node)


class _Chain:
    """Derivatives by one symbol; what shares none of its `uses` does not depend on it."""

    def __init__(self, graph: Graph, symbol: Node, uses: Uses, known: dict[Node, Node]) -> None:
        self.graph = graph
        self.symbol = symbol
        self.uses = uses
        self.known = known

    def of(self, node: Node) -> Node:
        return settle(node, self.known, self._needs, self._derivative)

    def _needs(self, node: Node) -> tuple[Node, ...]:
        """What must be differentiated first; nothing where the symbol cannot be in it."""
        return () if self.uses and not node.uses & self.uses else node.args

    def _derivative(self, node: Node) -> Node:
        graph = self.graph
        if node is self.symbol:
            return graph.one
        inner = [self.known[arg] for arg in self._needs(node)]
        if not inner:
            return graph.zero
        if node.op == "add":
            return graph.sum(inner)
        if node.op == "mul":
            a, b = node.args
            return graph.add(graph.mul(inner[0], b), graph.mul(a, inner[1]))
        if node.op.startswith("where"):
            return graph.where(node.op, *node.args[:2], *inner[2:])
        if node.op == "power":
            return _of_power(graph, node, inner)
        if node.op in CUBICS:
            return derivative_of_spline(graph, node, self.symbol, inner)
        if node.op == "block":
            return derivative_of_block(graph, node, inner)
        if inner[0] is graph.zero:
            return graph.zero
        return graph.mul(_outer(graph, node), inner[0])


def _outer(graph: Graph, node: Node) -> Node:
    """df/dx of a node f(x)."""
    x = node.args[0]
    if node.op == "power_i":
        n = int(node.value or 0)
        return graph.mul(graph.number(n), graph.powi(x, n - 1))
    outer = _RULES[node.op](graph, node)
    return _or_zero(graph, x, outer) if node.op == "sqrt" and _may_be_empty(x) else outer


def _of_power(graph: Graph, node: Node, inner: list[Node]) -> Node:
    """x**y for x of unknown sign: y x**(y-1) dx + x**y log(x) dy, the latter 0 at x = 0."""
    x, y = node.args
    result = graph.zero
    if inner[0] is not graph.zero:
        result = graph.mul(graph.mul(y, _lower_power(graph, node)), inner[0])
    if inner[1] is not graph.zero:
        log = _or_zero(graph, x, graph.log(x))
        result = graph.add(result, graph.mul(graph.mul(node, log), inner[1]))
    return result


def _lower_power(graph: Graph, node: Node) -> Node:
    """x**(y-1); of a sum as x**y/x, which costs less, and at x = 0 finite: 1 for y = 1, else 0."""
    x, y = node.args
    if not _may_be_empty(x):
        return graph.function("power", x, graph.sub(y, graph.one))
    at_zero = graph.where("where_equal", y, graph.one, graph.one, graph.zero)
    return graph.where("where_equal", x, graph.zero, at_zero, graph.div(node, x))


def _may_be_empty(x: Node) -> bool:
    return bool(x.uses & _SUMS) and not x.positive


def _or_zero(graph: Graph, x: Node, value: Node) -> Node:
    """The value, or 0 where x is 0."""
    return graph.where("where_equal", x, graph.zero, graph.zero, value)
