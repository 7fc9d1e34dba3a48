"""Derivatives on the graph against SymPy's."""

from __future__ import annotations

import pytest
from sympy_formula import parse_expression, symbol

from hpcfit.formula.build import build_expression
from hpcfit.formula.differentiate import derivative
from hpcfit.formula.graph import Graph
from hpcfit.formula.node import Uses
from hpcfit.formula.substitute import evaluate

VALUES = {"r": 1.3, "A": 2.1, "B": 0.6, "p": 3.7, "delta": 1.4, "rc": 2.9}
TEXTS = [
    "(A*r**-p - B)*exp(delta/(r - rc))",
    "4*A*((B/r)**12 - (B/r)**6)",
    "A*(B/r)**p*tanh(delta*r)",
    "sin(A*r)*cos(B*r) + tan(delta*r/10)",
    "asin(r/rc) + acos(B*r/rc) + atan(A*r)",
    "sinh(r) - cosh(A*r) + sqrt(r + B)",
    "erf(A*r) - erfc(B*r)",
    "log(A + r**2)/r",
    "where(r < rc, A*(r - rc)**3, 0)",
    "abs(r - rc)*min(A*r, B) + max(r, A)",
    "(A - 5*r)**2*(r - 7)**3",
    "r**0.5 + r**1.5 + r**-2.5",
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(
    "order", [("r",), ("p",), ("r", "A"), ("r", "B"), ("r", "p"), ("r", "delta"), ("r", "r")]
)
def test_derivatives_agree_with_sympy(text: str, order: tuple[str, ...]) -> None:
    graph = Graph()
    symbols = {name: graph.symbol(name, Uses.NOTHING, positive=name == "r") for name in VALUES}
    node = build_expression(graph, text, symbols, "formula")
    expected = parse_expression(text, tuple(VALUES), "formula")
    for name in order:
        node = derivative(graph, node, symbols[name])
        expected = expected.diff(symbol(name))
    number = float(expected.subs({name: VALUES[str(name)] for name in expected.free_symbols}))
    found = evaluate(node, {symbols[name]: value for name, value in VALUES.items()})
    assert found == pytest.approx(number, rel=1e-12, abs=1e-13)


def test_a_negative_base_keeps_its_derivative() -> None:
    graph = Graph()
    c, n = graph.symbol("c", Uses.ANGLE), graph.symbol("n", Uses.NOTHING)
    power = build_expression(graph, "c**n", {"c": c, "n": n}, "formula")
    assert evaluate(derivative(graph, power, c), {c: -0.5, n: 3.0}) == pytest.approx(0.75)


def test_the_derivative_by_a_linear_parameter_is_the_part_that_it_multiplies() -> None:
    graph = Graph()
    a, r = graph.symbol("A", Uses.NOTHING), graph.symbol("r", Uses.DISTANCE_1, positive=True)
    node = build_expression(graph, "A*exp(-r)*r**2", {"A": a, "r": r}, "formula")
    assert derivative(graph, node, a) is build_expression(graph, "exp(-r)*r**2", {"r": r}, "formula")


def test_other_symbols_may_depend_on_the_same_parameter() -> None:
    graph = Graph()
    r = graph.symbol("r", Uses.DISTANCE_1, positive=True)
    beta, n = graph.symbol("beta", Uses.PARAMETER_1), graph.symbol("n", Uses.PARAMETER_1)
    zeta, slope = (graph.symbol(name, Uses.ENVIRONMENT_1) for name in ("zeta", "zeta_beta"))
    names = {"r": r, "beta": beta, "n": n, "zeta": zeta}
    node = build_expression(graph, "r*zeta**2*(1 + (beta*zeta)**n) + r**2", names, "formula")
    assert derivative(graph, build_expression(graph, "r*zeta**2", names, "formula"), beta) is graph.zero
    found = derivative(graph, node, beta, through={zeta: slope})
    values = {r: 1.3, beta: 0.7, n: 1.9, zeta: 0.4, slope: -0.3}
    steps = [{beta: 0.7 + h, zeta: 0.4 - 0.3 * h} for h in (1e-6, -1e-6)]
    above, below = (evaluate(node, values | step) for step in steps)
    assert evaluate(found, values) == pytest.approx((above - below) / 2e-6, rel=1e-8)
    assert derivative(graph, node, n, through={zeta: graph.zero}) is derivative(graph, node, n)


@pytest.mark.parametrize("use", [Uses.DENSITY, Uses.ENVIRONMENT_1])
@pytest.mark.parametrize(
    ("text", "order", "value"),
    [
        ("(1 + (beta*s)**n)**(-1/(2*n))", "s", 0.0),
        ("(1 + (beta*s)**n)**(-1/(2*n))", "ss", 0.0),
        ("(1 + (beta*s)**n)**(-1/(2*n))", "n", 0.0),
        ("(1 + (beta*s)**n)**(-1/(2*n))", "beta", 0.0),
        ("(1 + (beta*s)**n)**(-1/(2*n))", "sn", 0.0),
        ("-sqrt(s)", "s", 0.0),
        ("s**0.3", "s", 0.0),
        ("s**1.5 + 2*s", "s", 2.0),
        ("3*s**m", "s", 3.0),
        ("s**m + s**k", "ss", 0.0),
        ("s**2", "ss", 2.0),
        ("n*s + s**2", "sn", 1.0),
    ],
)
def test_where_a_sum_over_no_neighbours_is_zero_slopes_are_finite(
    use: Uses, text: str, order: str, value: float
) -> None:
    graph = Graph()
    names = {name: graph.symbol(name, Uses.PARAMETER_1) for name in ("beta", "n", "m", "k")}
    names["s"] = graph.symbol("s", use)
    node = build_expression(graph, text, names, "formula")
    for name in [order] if order == "beta" else order:
        node = derivative(graph, node, names[name])
    numbers = {"beta": 1.1e-6, "n": 0.787, "m": 1.0, "k": 2.0, "s": 0.0}
    assert evaluate(node, {names[name]: number for name, number in numbers.items()}) == value


def test_slopes_of_parameters_are_infinite_where_they_are() -> None:
    graph = Graph()
    a = graph.symbol("A", Uses.PARAMETER_1)
    node = build_expression(graph, "sqrt(A)", {"A": a}, "formula")
    with pytest.raises(ZeroDivisionError):
        evaluate(derivative(graph, node, a), {a: 0.0})
