"""What depends on bond 1 alone is taken out of sums over bonds 2, as far as that stays small."""

from __future__ import annotations

import pytest
from written_potential import written_potential

from hpcfit.formula.build import build_expression
from hpcfit.formula.graph import Graph
from hpcfit.formula.node import Node, Part, Uses
from hpcfit.formula.potential import BoundPotential
from hpcfit.kernels.factor import MOST_PRODUCTS, products_of
from hpcfit.kernels.generate import generate_module


def split(text: str) -> tuple[Graph, Node, list[tuple[Node, Node]]]:
    graph = Graph()
    names = {
        "r1": graph.symbol("r1", Uses.DISTANCE_1, positive=True),
        "r2": graph.symbol("r2", Uses.DISTANCE_2, positive=True),
        "costheta": graph.symbol("costheta", Uses.ANGLE),
    }
    node = build_expression(graph, text, names, "test")
    return graph, node, products_of(graph, node)


def test_sums_are_multiplied_out_where_that_takes_bond_1_out_of_them() -> None:
    graph, node, products = split("(exp(-r1) + exp(-r2))*(r1 + costheta)")
    assert graph.sum(graph.mul(outer, inner) for outer, inner in products) is not node
    assert all(outer.part in (Part.NUMBER, Part.BOND_1) for outer, _ in products)
    assert len(products) == 4


@pytest.mark.parametrize("n_factors", [8, 60])
def test_a_long_product_of_sums_is_left_as_it_is(n_factors: int) -> None:
    graph, node, products = split("*".join(f"(r1 + r2 + {k}*costheta)" for k in range(1, n_factors)))
    assert products == [(graph.one, node)]
    assert MOST_PRODUCTS < 2**7


@pytest.mark.parametrize(
    "step",
    ["x{k} + (x{k} + {k})", "(x{k} + r1)*(x{k} + r2)", "exp(-x{k})*x{k} + x{k}", "x{k}**(x{k} + r1)"],
)
def test_parts_that_are_used_twice_at_every_step_do_not_double_the_work(step: str) -> None:
    let = {"x0": "r1 + r2 + costheta"}
    let |= {f"x{k + 1}": step.format(k=k) for k in range(60)}
    potential = written_potential(triplet="A*exp(x60 - x59)*(r1 + r2)", let=let, cutoff=4.0)
    generate_module([BoundPotential(potential, ("Si",))], ["Si"], [{"A"}], stress=True, jacobian=True)
