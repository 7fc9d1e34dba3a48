"""Assignments and their Python text."""

from __future__ import annotations

import math

import pytest

from hpcfit.formula.build import build_expression
from hpcfit.formula.graph import Graph
from hpcfit.formula.node import Node, Uses
from hpcfit.formula.print_python import assignment_lines, expression_text
from hpcfit.formula.stage import frontier, schedule
from hpcfit.formula.substitute import evaluate

FUNCTIONS = {
    "exp": math.exp,
    "log": math.log,
    "sqrt": math.sqrt,
    "power": math.pow,
    "where_less": lambda a, b, yes, no: yes if a < b else no,
}


def symbols_of(graph: Graph) -> dict[str, Node]:
    return {
        "a": graph.symbol("a", Uses.NOTHING),
        "b": graph.symbol("b", Uses.NOTHING),
        "r": graph.symbol("r", Uses.DISTANCE_1, positive=True),
    }


@pytest.mark.parametrize(
    "text",
    [
        "a - b - r",
        "a - (b - r)*-2",
        "-a*r + -b",
        "a/(b/r)",
        "(a + b)*(a - b)/(r + 1)",
        "r**13 + r**-7 - r**2*(a + r)**5",
        "exp(-a*r)*log(r)**2 - sqrt(r)*1e-3",
        "where(r < 1, a, where(b < r, 2*a, -3))",
        "a**b + 0.5",
        "2 - 3*a",
    ],
)
def test_the_printed_assignments_compute_the_expression(text: str) -> None:
    graph = Graph()
    symbols = symbols_of(graph)
    node = build_expression(graph, text, symbols, "formula")
    given = {symbol: name for name, symbol in symbols.items()}
    assignments, names = schedule(graph, [node], given, "x")
    values = {"a": 1.7, "b": 0.6, "r": 1.2}
    scope = dict(values)
    lines = assignment_lines(graph, assignments, names)
    exec("\n".join([*lines, f"result = {expression_text(graph, node, names)}"]), dict(FUNCTIONS), scope)
    expected = evaluate(node, {symbols[name]: value for name, value in values.items()})
    assert scope["result"] == pytest.approx(expected, rel=1e-14)


def test_what_is_used_twice_is_computed_once() -> None:
    graph = Graph()
    symbols = symbols_of(graph)
    nodes = [build_expression(graph, text, symbols, "formula") for text in ("a*exp(-r)", "b*exp(-r)")]
    assignments, names = schedule(graph, nodes, {symbol: name for name, symbol in symbols.items()}, "x")
    lines = assignment_lines(graph, assignments, names)
    assert sum(line.count("exp(") for line in lines) == 1


def test_a_stage_asks_the_earlier_one_for_its_largest_finished_parts() -> None:
    graph = Graph()
    symbols = symbols_of(graph)
    node = build_expression(graph, "(2*a*b)*r + exp(a)*log(r)", symbols, "formula")
    needed = frontier(graph, [node], lambda found: bool(found.uses & Uses.VARIABLES) and found.op != "symbol")
    expected = {build_expression(graph, text, symbols, "formula") for text in ("2*a*b", "exp(a)", "r")}
    assert set(needed) == expected


def test_negative_numbers_are_subtracted_not_added() -> None:
    graph = Graph()
    symbols = symbols_of(graph)
    node = build_expression(graph, "a - b", symbols, "formula")
    assert expression_text(graph, node, {symbol: name for name, symbol in symbols.items()}) == "(a - b)"
