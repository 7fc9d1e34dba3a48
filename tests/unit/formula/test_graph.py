"""Expressions as a graph: equal parts once, products sorted by when they can be computed."""

from __future__ import annotations

import pytest

from hpcfit.errors import KernelError
from hpcfit.formula.build import build_expression
from hpcfit.formula.graph import Graph
from hpcfit.formula.node import Node, Part, Uses
from hpcfit.formula.substitute import evaluate, substitute


@pytest.fixture
def graph() -> Graph:
    return Graph()


def names(graph: Graph) -> dict[str, Node]:
    found = {name: graph.symbol(name, Uses.NOTHING) for name in ("A", "B", "p", "gamma", "lambda", "rc")}
    found["r1"] = graph.symbol("r1", Uses.DISTANCE_1, positive=True)
    found["r2"] = graph.symbol("r2", Uses.DISTANCE_2, positive=True)
    found["costheta"] = graph.symbol("costheta", Uses.ANGLE)
    found["gamma2"] = graph.symbol("gamma2", Uses.PARAMETER_2)
    return found


def build(graph: Graph, text: str) -> Node:
    return build_expression(graph, text, names(graph), "formula")


def test_equal_expressions_are_one_node(graph: Graph) -> None:
    assert build(graph, "A*exp(-r1) + B") is build(graph, "B + exp(-r1)*A")
    assert build(graph, "A - A") is graph.zero
    assert build(graph, "r1*r1*r1") is build(graph, "r1**3")
    assert build(graph, "A/A*r1**2/r1") is build(graph, "r1")


def test_products_keep_apart_what_can_be_computed_earlier(graph: Graph) -> None:
    product = build(graph, "exp(-r2)*(costheta + 1/3)**2*A*2*exp(-r1)*B*r1")
    assert set(product.factors) == {Part.NUMBER, Part.PARAMETERS, Part.BOND_1, Part.BOND_2, Part.TRIPLET}
    assert product.factors[Part.PARAMETERS] is build(graph, "A*B")
    assert product.factors[Part.BOND_1] is build(graph, "r1*exp(-r1)")


def test_an_exponential_of_both_bonds_is_split_into_one_of_each(graph: Graph) -> None:
    whole = build(graph, "exp(gamma/(r1 - rc) + gamma/(r2 - rc))")
    assert whole.factors[Part.BOND_1] is build(graph, "exp(gamma/(r1 - rc))")
    assert whole.factors[Part.BOND_2] is build(graph, "exp(gamma/(r2 - rc))")


def test_parameters_of_the_other_bond_delay_an_expression(graph: Graph) -> None:
    assert build(graph, "exp(-gamma*r1)").part is Part.BOND_1
    assert build(graph, "exp(-gamma2*r1)").part is Part.LANE
    assert build(graph, "exp(-gamma2*r2)").part is Part.BOND_2
    assert build(graph, "r1*r2").part is Part.TRIPLET


def test_powers_need_no_library_call_where_multiplication_or_exp_serves(graph: Graph) -> None:
    assert build(graph, "r1**0.5").op == "sqrt"
    assert build(graph, "r1**-3") is build(graph, "1/(r1*r1*r1)")
    assert build(graph, "r1**p").op == "exp"
    assert build(graph, "(costheta + 2)**p").op == "power"
    split = build(graph, "(A/r1)**p")  # the sign of A is not known, that of r1 is
    assert split.factors[Part.PARAMETERS].op == "power"
    assert split.factors[Part.BOND_1].op == "exp"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("abs(A - B)", 0.5),
        ("min(A, B, p)", 1.5),
        ("max(A, B, p)", 3.0),
        ("where(A < B, 1, 2)", 1.0),
        ("where(A > B, 1, 2)", 2.0),
        ("where(A >= A, 1, 2)", 1.0),
        ("where(A != A, 1, 2)", 2.0),
        ("where(A == A, 1, 2)", 1.0),
        ("(A/r1)**p", (1.5 / 0.8) ** 3),
        ("(-A)**2 - A**2", 0.0),
        ("sqrt(r1**2)", 0.8),
        ("log(1/r1) + log(r1)", 0.0),
    ],
)
def test_expressions_have_the_value_of_their_text(graph: Graph, text: str, value: float) -> None:
    symbols = names(graph)
    numbers = {symbols["A"]: 1.5, symbols["B"]: 2.0, symbols["p"]: 3.0, symbols["r1"]: 0.8}
    assert evaluate(build(graph, text), numbers) == pytest.approx(value, abs=1e-15)


def test_the_branch_that_is_not_taken_needs_no_value(graph: Graph) -> None:
    numbers = {names(graph)["A"]: 0.0}
    assert evaluate(build(graph, "where(A > 0, log(A), 1/(A - 1))"), numbers) == -1.0


def test_exchanging_symbols_gives_the_node_one_would_have_written(graph: Graph) -> None:
    symbols = names(graph)
    exchanged = {symbols["r1"]: symbols["r2"], symbols["r2"]: symbols["r1"]}
    text = "exp(-r1)*r2**2*log(r1)*where(r1 < 2, sqrt(r1), 1/r1)*sin(r1 + costheta)"
    found = substitute(graph, build(graph, text), exchanged, {})
    assert found is build(graph, text.replace("r1", "r0").replace("r2", "r1").replace("r0", "r2"))


def test_an_unknown_name_is_reported_with_its_place(graph: Graph) -> None:
    with pytest.raises(KernelError, match=r"formula: unknown name sigma"):
        build(graph, "A*sigma")
