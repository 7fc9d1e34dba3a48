"""From the text of a formula to a graph expression."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping
from typing import Any

from hpcfit.formula import allowed
from hpcfit.formula.check import check_expression
from hpcfit.formula.graph import Graph
from hpcfit.formula.interpret import Algebra, interpret
from hpcfit.formula.node import Node
from hpcfit.formula.spline_nodes import spline
from hpcfit.formula.tabulated import tabulated

_COMPARISONS = {
    ast.Lt: ("where_less", False, False),
    ast.LtE: ("where_less_equal", False, False),
    ast.Gt: ("where_less", True, False),
    ast.GtE: ("where_less_equal", True, False),
    ast.Eq: ("where_equal", False, False),
    ast.NotEq: ("where_equal", False, True),
}


def build_expression(
    graph: Graph, text: str, names: Mapping[str, Node], where: str, splines: Collection[str] = ()
) -> Node:
    """The formula `text` in terms of the nodes that its names stand for; `splines` are those of blocks.

    Raises KernelError, its message starting with `where`, for text that is not a formula of
    these names.
    """
    checked = check_expression(text, names, where, splines=splines)
    return interpret(checked.tree, _graph_algebra(graph, names), checked.constants).node


class _Operand:
    """A node with Python's operators, which is what `interpret` applies."""

    def __init__(self, graph: Graph, node: Node) -> None:
        self.graph = graph
        self.node = node

    def __add__(self, other: _Operand) -> _Operand:
        return _Operand(self.graph, self.graph.add(self.node, other.node))

    def __sub__(self, other: _Operand) -> _Operand:
        return _Operand(self.graph, self.graph.sub(self.node, other.node))

    def __mul__(self, other: _Operand) -> _Operand:
        return _Operand(self.graph, self.graph.mul(self.node, other.node))

    def __truediv__(self, other: _Operand) -> _Operand:
        return _Operand(self.graph, self.graph.div(self.node, other.node))

    def __neg__(self) -> _Operand:
        return _Operand(self.graph, self.graph.negative(self.node))


def _where(comparison: type[ast.cmpop], a: _Operand, b: _Operand, yes: _Operand, no: _Operand) -> _Operand:
    name, swap_sides, swap_branches = _COMPARISONS[comparison]
    sides = (b.node, a.node) if swap_sides else (a.node, b.node)
    branches = (no.node, yes.node) if swap_branches else (yes.node, no.node)
    return _Operand(a.graph, a.graph.where(name, *sides, *branches))


def _compare(comparison: type[ast.cmpop]) -> Callable[[_Operand, _Operand], Any]:
    return lambda a, b: (comparison, a, b)


def _functions(graph: Graph) -> Mapping[str, Callable[..., _Operand]]:
    def call(name: str) -> Callable[..., _Operand]:
        return lambda *args: _Operand(graph, graph.function(name, *(arg.node for arg in args)))

    def extreme(comparison: type[ast.cmpop]) -> Callable[..., _Operand]:
        def choose(first: _Operand, *others: _Operand) -> _Operand:
            for other in others:
                first = _where(comparison, first, other, first, other)
            return first

        return choose

    special: dict[str, Callable[..., _Operand]] = {
        "exp": lambda x: _Operand(graph, graph.exp(x.node)),
        "log": lambda x: _Operand(graph, graph.log(x.node)),
        "abs": lambda x: _where(ast.Lt, x, _Operand(graph, graph.zero), -x, x),
        "min": extreme(ast.LtE),
        "max": extreme(ast.GtE),
    }
    return {name: special.get(name) or call(name) for name in allowed.PRIMITIVES}


def _graph_algebra(graph: Graph, names: Mapping[str, Node]) -> Algebra[_Operand]:
    return Algebra(
        number=lambda value: _Operand(graph, graph.number(value)),
        name=lambda name: _Operand(graph, names[name]),
        functions=_functions(graph),
        power=lambda a, b: _Operand(graph, graph.pow(a.node, b.node)),
        compare={comparison: _compare(comparison) for comparison in _COMPARISONS},
        where=lambda condition, yes, no: _where(condition[0], condition[1], condition[2], yes(), no()),
        spline=lambda x, name, shape: _Operand(graph, spline(graph, x.node, names[name], shape)),
        table=lambda x, name: _Operand(graph, tabulated(graph, x.node, names[name])),
    )
