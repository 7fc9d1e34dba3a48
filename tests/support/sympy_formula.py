"""The text of a formula as a SymPy expression: an independent derivative to hold ours against."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from hpcfit.formula import allowed
from hpcfit.formula.check import check_expression
from hpcfit.formula.interpret import Algebra, interpret

if TYPE_CHECKING:
    import sympy

_POSITIVE = frozenset({"r", "r1", "r2"})


def parse_expression(text: str, names: Mapping[str, sympy.Expr] | Iterable[str], where: str) -> sympy.Expr:
    """The formula `text` as a SymPy expression.

    `names` says what the formula may refer to: a mapping from name to expression, or just
    names, which become real symbols (distances r, r1, r2 positive ones). abs, min and max
    become Piecewise, because SymPy's second derivatives of its own would be distributions.
    Raises KernelError, its message starting with `where`.
    """
    symbols = dict(names) if isinstance(names, Mapping) else {name: symbol(name) for name in names}
    checked = check_expression(text, symbols, where)
    expression = interpret(checked.tree, _sympy_algebra(symbols), checked.constants)
    import sympy

    if expression.has(sympy.zoo, sympy.nan, sympy.oo, -sympy.oo, sympy.I):
        checked.source.fail(
            "not a finite real number", advice=" Look for a division by zero or a root of less than 0"
        )
    return expression.replace(sympy.Abs, _absolute)


def symbol(name: str) -> sympy.Symbol:
    """The symbol hpcfit uses for a name: real, positive if it is a distance."""
    import sympy

    return sympy.Symbol(name, positive=True) if name in _POSITIVE else sympy.Symbol(name, real=True)


def _number(value: float) -> sympy.Expr:
    """Integers and eighths exactly, so that r**12.0 and r**0.5 become products and roots."""
    import sympy

    if abs(value) < 2**20 and value * 8 == round(value * 8):
        return sympy.Rational(round(value * 8), 8)
    return sympy.Float(value)


def _absolute(value: sympy.Expr) -> sympy.Expr:
    import sympy

    return sympy.Piecewise((value, value >= 0), (-value, True))


@cache
def _functions() -> Mapping[str, Callable[..., Any]]:
    import sympy

    def smaller(first: Any, second: Any, *others: Any) -> Any:
        choose = (smaller(first, *others), smaller(second, *others)) if others else (first, second)
        return sympy.Piecewise((choose[0], first <= second), (choose[1], True))

    def larger(first: Any, second: Any, *others: Any) -> Any:
        choose = (larger(first, *others), larger(second, *others)) if others else (first, second)
        return sympy.Piecewise((choose[0], first >= second), (choose[1], True))

    special: dict[str, Callable[..., Any]] = {"abs": _absolute, "min": smaller, "max": larger}
    return {name: special.get(name) or getattr(sympy, name) for name in allowed.PRIMITIVES}


def _sympy_algebra(symbols: Mapping[str, sympy.Expr]) -> Algebra[Any]:
    import sympy

    return Algebra(
        number=_number,
        name=symbols.__getitem__,
        functions=_functions(),
        power=lambda base, exponent: base**exponent,
        compare={
            ast.Lt: sympy.Lt,
            ast.LtE: sympy.Le,
            ast.Gt: sympy.Gt,
            ast.GtE: sympy.Ge,
            ast.Eq: sympy.Eq,
            ast.NotEq: sympy.Ne,
        },
        where=lambda condition, yes, no: sympy.Piecewise((yes(), condition), (no(), True)),
    )
