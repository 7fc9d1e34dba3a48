"""The functions of formulas for functions in Python: of symbols while these are traced, and of numbers.

    from hpcfit.formula.functions import exp, where

Called with numbers or NumPy arrays they return numbers or arrays, so that a function can be tried and
plotted as it is.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from hpcfit.formula.allowed import CONSTANTS
from hpcfit.formula.interpret import Algebra, float_algebra, interpret
from hpcfit.formula.shorthand import SHORTHANDS
from hpcfit.formula.traced import Symbol, is_number
from hpcfit.formula.traced_conditions import Condition

pi = CONSTANTS["pi"]
#: e^2/(4 pi eps0) in eV angstrom
coulomb_constant = CONSTANTS["coulomb_constant"]


def _of_one(name: str, of_numbers: Callable[[Any], Any], does: str) -> Callable[[Any], Any]:
    def function(x: Any) -> Any:
        return x.made(name, x) if isinstance(x, Symbol) else of_numbers(x)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{does} of a symbol, a number or an array."
    return function


def _special(name: str) -> Callable[[Any], Any]:
    def of_numbers(x: Any) -> Any:
        from scipy import special

        return getattr(special, name)(x)

    return of_numbers


exp = _of_one("exp", np.exp, "e**x")
log = _of_one("log", np.log, "Natural logarithm")
sqrt = _of_one("sqrt", np.sqrt, "Square root")
sin = _of_one("sin", np.sin, "Sine (radians)")
cos = _of_one("cos", np.cos, "Cosine (radians)")
tan = _of_one("tan", np.tan, "Tangent (radians)")
asin = _of_one("asin", np.arcsin, "Inverse sine")
acos = _of_one("acos", np.arccos, "Inverse cosine")
atan = _of_one("atan", np.arctan, "Inverse tangent")
sinh = _of_one("sinh", np.sinh, "Hyperbolic sine")
cosh = _of_one("cosh", np.cosh, "Hyperbolic cosine")
tanh = _of_one("tanh", np.tanh, "Hyperbolic tangent")
erf = _of_one("erf", _special("erf"), "Error function")
erfc = _of_one("erfc", _special("erfc"), "1 - erf(x)")


def where(condition: Any, yes: Any, no: Any) -> Any:
    """`yes` where the condition holds, else `no`; conditions are combined by & | ~."""
    if isinstance(condition, Condition):
        return condition.choose(yes, no)
    if isinstance(yes, Symbol) or isinstance(no, Symbol):
        return yes if condition else no
    return np.where(condition, yes, no)[()]


def minimum(first: Any, second: Any) -> Any:
    """The smaller one; of equal ones the first."""
    return where(first <= second, first, second)


def maximum(first: Any, second: Any) -> Any:
    """The larger one; of equal ones the first."""
    return where(first >= second, first, second)


def switch(x: Any, x_in: Any, x_out: Any) -> Any:
    """1 up to x_in, 0 from x_out on, and between them smooth in value, slope and curvature."""
    return _shorthand("switch", x, x_in, x_out)


def switch_cosine(x: Any, x_in: Any, x_out: Any) -> Any:
    """1 up to x_in, 0 from x_out on, and between them half a period of a cosine."""
    return _shorthand("switch_cosine", x, x_in, x_out)


def switch_tersoff(x: Any, x_in: Any, x_out: Any) -> Any:
    """What `switch_cosine` is, by the name under which it stands in Tersoff's potentials."""
    return _shorthand("switch_tersoff", x, x_in, x_out)


def bspline(x: Any, spline: Any, **knots: float) -> Any:
    """The value at x of a cubic spline whose coefficients are parameters, as `bspline` of formulas.

    Args:
        spline: an argument of the function, which names it.
        knots: `knots`, `r_min`, `r_max`, ..., numbers.

    Raises:
        TypeError: called with numbers; the coefficients are not known before the fit.
    """
    if not isinstance(spline, Symbol) or spline.part.op != "name":
        raise TypeError("bspline wants an argument of the function that is traced, by which it is named")
    if not all(is_number(value) for value in knots.values()):
        spline.tally.fail("the knots of a bspline are numbers. Give numbers, not parameters")
    keywords = "".join(f", {name}={repr(float(value)).removesuffix('.0')}" for name, value in knots.items())
    return spline.made("bspline", x, spline, value=keywords)


def _shorthand(name: str, *args: Any) -> Any:
    for each in args:
        if isinstance(each, Symbol):
            return each.made(name, *args)
    stands_for = SHORTHANDS[name]
    values = dict(zip(stands_for.arguments, args, strict=True))
    with np.errstate(all="ignore"):  # of the branch that is not taken
        return interpret(stands_for.tree, _algebra(values), {})


def _algebra(values: Mapping[str, Any]) -> Algebra[Any]:
    """That of numbers, for arrays as well."""
    return replace(
        float_algebra({}),
        name=values.__getitem__,
        functions=BY_NAME,
        power=operator.pow,
        where=lambda condition, yes, no: where(condition, yes(), no()),
    )


BY_NAME: Mapping[str, Callable[..., Any]] = {
    **{each.__name__: each for each in (exp, log, sqrt, sin, cos, tan, asin, acos, atan, sinh, cosh, tanh)},
    **{"erf": erf, "erfc": erfc, "abs": abs, "minimum": minimum, "maximum": maximum},
    **{"switch": switch, "switch_cosine": switch_cosine, "switch_tersoff": switch_tersoff},
}
