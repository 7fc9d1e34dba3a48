"""Where a formula changes: values and derivatives are those of the side taken, and of nothing else.

`ArrayFunction` computes both branches of a where at once, as kernels do.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pytest

from hpcfit.formula.array_function import ArrayFunction
from hpcfit.formula.build import build_expression
from hpcfit.formula.differentiate import derivative
from hpcfit.formula.graph import Graph
from hpcfit.formula.node import Uses
from hpcfit.formula.substitute import evaluate

NAN_NEXT_DOOR = [
    "where(x < a, sqrt(a - x), 0)",
    "where(x > 0, x**n, 0)",
    "where(x > 0, log(x), n*x)",
    "where(abs(x) > a, a, acos(x/a)*n)",
    "where(x <= 0, 0, exp(-n/x)/x**2)",
    "where(x == 0, 1, sin(x)/x)",
    "where(x < 0, 0, sqrt(x)*where(x < a, (a - x)**n, 0))",
    "where(a > x, 1/(a - x), n)**2 + where(x > a, log(x - a), 0)",
    "switch(x, 0, a)*where(x > 0, 1, n) + 1/switch(x, 3, 4)",
]


@pytest.mark.parametrize("text", NAN_NEXT_DOOR)
@pytest.mark.parametrize("by", ["x", "a", "n"])
def test_nothing_of_the_branch_not_taken_is_left(text: str, by: str) -> None:
    names = {"x": np.array([-1.5, -0.1, 0.0, 0.3, 1.2, 1.3, 2.5]), "a": np.array(1.3), "n": np.array(2.7)}
    function = ArrayFunction(text, by, [name for name in names if name != by], {}, "test")
    shaped = {name: np.broadcast_to(value, (7,)).copy() for name, value in names.items()}
    with np.errstate(all="raise"):
        value, slope = (np.broadcast_to(part, (7,)) for part in function.value_and_slope(shaped))
    assert np.isfinite(value).all()
    kink = {"x": (0.0, 1.3), "a": (1.3,), "n": ()}[by]
    step = 1e-6
    moved = [function.value({**shaped, by: shaped[by] + sign * step}) for sign in (-1, 1)]
    smooth = ~np.isin(names["x"], (0.0, 1.3)) if kink else np.ones(7, bool)
    expected = np.broadcast_to((moved[1] - moved[0]) / (2 * step), (7,))
    np.testing.assert_allclose(slope[smooth], expected[smooth], rtol=1e-6, atol=1e-8)
    assert not np.isnan(slope).any()


def slope(text: str, by: str, numbers: Mapping[str, float], order: int = 1) -> float:
    graph = Graph()
    symbols = {name: graph.symbol(name, Uses.NOTHING) for name in numbers}
    node = build_expression(graph, text, symbols, "test")
    for _ in range(order):
        node = derivative(graph, node, symbols[by])
    return evaluate(node, {symbols[name]: number for name, number in numbers.items()})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abs(x)", 1.0),
        ("min(x, 2*x)", 1.0),
        ("min(2*x, x)", 2.0),
        ("max(3*x, x, 2*x)", 3.0),
        ("max(x, abs(3*x))", 1.0),
        ("where(x < 0, 5*x, 7*x)", 7.0),
        ("where(x <= 0, 5*x, 7*x)", 5.0),
        ("where(x > 0, 5*x, 7*x)", 7.0),
        ("where(x >= 0, 5*x, 7*x)", 5.0),
        ("where(x == 0, 5*x, 7*x)", 5.0),
        ("where(x != 0, 5*x, 7*x)", 7.0),
    ],
)
def test_at_a_tie_the_slope_is_that_of_one_side(text: str, expected: float) -> None:
    assert slope(text, "x", {"x": 0.0}) == expected


def test_a_power_of_zero_does_not_change_with_its_exponent() -> None:
    assert slope("x**n", "n", {"x": 0.0, "n": 0.7}) == 0.0
    assert slope("x**n", "n", {"x": 0.0, "n": 0.7}, order=2) == 0.0
    assert slope("(1 + (b*x)**n)**(-1/(2*n))", "n", {"x": 0.0, "n": 0.78734, "b": 1e-6}) == 0.0
    assert slope("x**n", "n", {"x": 2.0, "n": 3.0}) == pytest.approx(8 * math.log(2))
    assert slope("x**n", "x", {"x": 0.0, "n": 1.5}) == 0.0
