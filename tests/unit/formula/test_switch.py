"""Switching functions are 1, then fall to 0, with derivatives that are right on either side of both ends."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from hpcfit.errors import KernelError
from hpcfit.formula.build import build_expression
from hpcfit.formula.check import check_expression, evaluate_expression
from hpcfit.formula.differentiate import derivative
from hpcfit.formula.graph import Graph
from hpcfit.formula.node import Node, Uses
from hpcfit.formula.substitute import evaluate

NAMES = ("switch", "switch_cosine", "switch_tersoff")
IN, OUT = 2.7, 3.0


def value(name: str, r: float) -> float:
    return evaluate_expression(f"{name}(r, r_in, r_out)", {"r": r, "r_in": IN, "r_out": OUT}, "test")


class Switch:
    """A switch and its derivatives on the graph that kernels are printed from."""

    def __init__(self, name: str) -> None:
        self.graph = Graph()
        self.symbols = {
            symbol: self.graph.symbol(symbol, Uses.DISTANCE_1 if symbol == "r" else Uses.NOTHING)
            for symbol in ("r", "r_in", "r_out")
        }
        self.node = build_expression(self.graph, f"{name}(r, r_in, r_out)", self.symbols, "test")

    def at(self, r: float, *by: str) -> float:
        node: Node = self.node
        for symbol in by:
            node = derivative(self.graph, node, self.symbols[symbol])
        numbers = {"r": r, "r_in": IN, "r_out": OUT}
        return evaluate(node, {self.symbols[symbol]: number for symbol, number in numbers.items()})


@pytest.mark.parametrize("name", NAMES)
def test_it_is_one_before_and_zero_behind_to_the_last_bit(name: str) -> None:
    switch = Switch(name)
    for r in (0.1, 2.0, math.nextafter(IN, 0), IN):
        assert (value(name, r), switch.at(r)) == (1.0, 1.0)
    for r in (OUT, math.nextafter(OUT, 9), 4.0, 1e9):
        assert (value(name, r), switch.at(r)) == (0.0, 0.0)
        assert switch.at(r, "r") == switch.at(r, "r_out") == switch.at(r, "r", "r_in") == 0.0


@pytest.mark.parametrize("name", NAMES)
def test_it_falls_between_and_is_one_half_in_the_middle(name: str) -> None:
    values = [value(name, r) for r in np.linspace(IN, OUT, 50)]
    assert all(a > b for a, b in pairwise(values))
    assert value(name, 0.5 * (IN + OUT)) == pytest.approx(0.5, rel=1e-14)


@pytest.mark.parametrize("r", np.linspace(IN, OUT, 9)[:-1])
def test_they_are_the_published_functions(r: float) -> None:
    x = (r - IN) / (OUT - IN)
    assert value("switch", r) == pytest.approx(1 - 10 * x**3 + 15 * x**4 - 6 * x**5, abs=1e-14)
    centre, half_width = 0.5 * (IN + OUT), 0.5 * (OUT - IN)
    tersoff = 0.5 - 0.5 * math.sin(0.5 * math.pi * (r - centre) / half_width)
    assert value("switch_tersoff", r) == pytest.approx(tersoff, abs=1e-14)
    assert value("switch_cosine", r) == value("switch_tersoff", r)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("by", ["r", "r_in", "r_out"])
def test_derivatives_are_those_of_the_side_that_they_are_taken_on(name: str, by: str) -> None:
    switch, step = Switch(name), 1e-6
    numbers = {"r": 0.0, "r_in": IN, "r_out": OUT}
    for place in (IN, 0.3 * IN + 0.7 * OUT, OUT):
        for side in (-1, 1):
            r = place + 3e-3 * side
            near = [
                evaluate_expression(
                    f"{name}(r, r_in, r_out)", {**numbers, "r": r} | {by: {**numbers, "r": r}[by] + s}, "test"
                )
                for s in (-step, step)
            ]
            assert switch.at(r, by) == pytest.approx((near[1] - near[0]) / (2 * step), rel=1e-6, abs=1e-8)


def test_the_quintic_has_no_jump_in_its_second_derivative_and_the_cosine_has_one() -> None:
    for place, inside in ((IN, 1), (OUT, -1)):
        r = place + inside * 1e-9
        scale = (OUT - IN) ** -2
        assert abs(Switch("switch").at(r, "r")) < 1e-6
        assert abs(Switch("switch").at(r, "r", "r")) < 1e-5 * scale
        assert abs(Switch("switch_cosine").at(r, "r", "r")) == pytest.approx(math.pi**2 / 2 * scale)


def test_ends_that_coincide_are_a_step() -> None:
    for r, expected in ((1.9, 1.0), (2.0, 0.0), (2.1, 0.0)):
        assert evaluate_expression("switch(r, 2, a)", {"r": r, "a": 2.0}, "test") == expected


def test_any_expression_may_be_switched() -> None:
    checked = evaluate_expression("switch(2*rho, 1 + 1, 3)*A", {"rho": 1.25, "A": 4.0}, "test")
    assert checked == pytest.approx(2.0)
    with pytest.raises(KernelError) as refusal:
        check_expression("smoothstep(r, 1, 2)", ["r"], "potential[0].pair")
    assert str(refusal.value).startswith(
        'potential[0].pair: unknown function smoothstep in "smoothstep(r, 1, 2)" (column 1). Did you mean '
        "switch? Known: abs,"
    )
