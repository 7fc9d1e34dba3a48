"""Expressions as CUDA C."""

from __future__ import annotations

import pytest

from hpcfit.formula.build import build_expression
from hpcfit.formula.graph import Graph
from hpcfit.formula.node import Node, Uses
from hpcfit.formula.print_cuda import assignment_lines, expression_text
from hpcfit.formula.spline_nodes import block, derivative_of_block, derivative_of_spline, spline
from hpcfit.formula.spline_shape import SplineShape
from hpcfit.formula.stage import schedule


def symbols(graph: Graph) -> dict[str, Node]:
    return {
        "r": graph.symbol("r", Uses.DISTANCE_1, positive=True),
        "a": graph.symbol("a", Uses.NOTHING),
        "b": graph.symbol("b", Uses.NOTHING),
    }


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("a - b", "(a - b)"),
        ("-a*r", "(-a) * r"),
        ("a/r", "a * (1.0 / r)"),
        ("a*(r + b)", "a * (b + r)"),
        ("r**2", "r * r"),
        ("b**a", "pow(b, a)"),
        ("r**a", "exp((a * log(r)))"),
        ("where(r < a, b, -2.5)", "(r < a ? b : (-2.5))"),
        ("where(r <= a*b, 1e-300, tanh(r))", "(r <= (a * b) ? 1e-300 : tanh(r))"),
        ("erfc(sqrt(r)) + acos(a)", "(acos(a) + erfc(sqrt(r)))"),
    ],
)
def test_expressions_are_those_of_c(written: str, printed: str) -> None:
    graph = Graph()
    names = symbols(graph)
    node = build_expression(graph, written, names, "formula")
    assert expression_text(graph, node, {each: name for name, each in names.items()}) == printed


def test_what_is_used_twice_is_assigned_once() -> None:
    graph = Graph()
    names = symbols(graph)
    node = build_expression(graph, "exp(-a*r)*(1 - exp(-a*r))", names, "formula")
    given = {each: name for name, each in names.items()}
    assignments, named = schedule(graph, [node], given, "x")
    assert assignment_lines(graph, assignments, named) == [
        "const double x0 = exp(((-a) * r));",
        "const double x1 = x0 * (1.0 - x0);",
    ]


def test_splines_tell_where_their_polynomials_are() -> None:
    graph, shape = Graph(), SplineShape(6, 1.0, 3.5, False)
    r = symbols(graph)["r"]
    of = block(graph, [graph.symbol(f"c{k}", Uses.NOTHING) for k in range(6)], shape)
    value = spline(graph, r, of, shape)
    names = {r: "r", of: "t2[3]"}
    assert expression_text(graph, value, names) == "cubic0(table, r, t2[3], 1.0, 2.0, 6.0)"
    ones = [graph.one if k == 4 else graph.zero for k in range(6)]
    unit = derivative_of_block(graph, of, ones)
    by_parameter = derivative_of_spline(graph, value, of.args[4], [graph.zero, unit, *[graph.zero] * 3])
    assert expression_text(graph, by_parameter, {r: "r", unit: "m"}) == "unitcubic0(r, m, 1.0, 2.0, 6, 0, 0)"
