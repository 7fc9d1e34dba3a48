"""Polynomials and their quotients."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from hpcfit.formula.parameter_spec import ParameterSpec
from hpcfit.formula.row_formula import RowFormula
from hpcfit.models.linear import combination

FloatArray = NDArray[np.float64]
_DEGREE = {"minimum": 0, "maximum": 30}
#: coefficients that one formula may have; it nests twice as deep
_NESTED = 16


def polynomial(
    degree: Annotated[int, {"help": "the highest power of x", **_DEGREE}] = 2,
) -> RowFormula:
    """c0 + c1*x + c2*x**2 + ..."""
    names = [f"c{k}" for k in range(degree + 1)]
    specs = tuple(_coefficient(name, k) for k, name in enumerate(names))
    text, let = horner(names, "higher")
    return RowFormula(
        "polynomial",
        (("y", text),),
        ("x",),
        specs,
        let,
        summary=f"polynomial of degree {degree}",
        source="J. F. Steffensen, Interpolation (Williams & Wilkins, 1927)",
        guess=partial(_of_polynomial, degree),
    )


def rational(
    numerator: Annotated[int, {"help": "the highest power of x above the line", **_DEGREE}] = 1,
    denominator: Annotated[int, {"help": "the highest power of x below it", **_DEGREE, "minimum": 1}] = 1,
) -> RowFormula:
    """(a0 + a1*x + ...)/(1 + b1*x + ...)"""
    above = [f"a{k}" for k in range(numerator + 1)]
    below = [f"b{k}" for k in range(1, denominator + 1)]
    specs = (
        *(_coefficient(name, k, " above the line") for k, name in enumerate(above)),
        *(_coefficient(name, k, " below the line") for k, name in enumerate(below, start=1)),
    )
    of_above, let_above = horner(above, "higher_above")
    of_below, let_below = horner(["1", *below], "higher_below")
    return RowFormula(
        "rational",
        (("y", f"({of_above})/({of_below})"),),
        ("x",),
        specs,
        (*let_above, *let_below),
        summary=f"quotient of polynomials of degrees {numerator} and {denominator}",
        source="G. A. Baker and P. Graves-Morris, Pade Approximants (Cambridge, 1996)",
        guess=partial(_of_rational, numerator, denominator),
    )


def horner(names: list[str], higher: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The polynomial in x with these coefficients, the constant first.

    Args:
        higher: name of the part with the higher powers, where all are too many brackets for one formula.
    """
    if len(names) <= _NESTED:
        return _nested(names), ()
    return _nested([*names[:_NESTED], higher]), ((higher, _nested(names[_NESTED:])),)


def _nested(names: list[str]) -> str:
    text = names[-1]
    for name in reversed(names[:-1]):
        text = f"{name} + x*({text})" if "+" in text else f"{name} + x*{text}"
    return text


def _coefficient(name: str, power: int, where: str = "") -> ParameterSpec:
    of = {0: "the constant", 1: "the factor of x"}.get(power, f"the factor of x**{power}")
    return ParameterSpec(name, "shared", None, "", of + where)


def _of_polynomial(degree: int, inputs: FloatArray, outputs: FloatArray) -> dict[str, float]:
    powers = [inputs[0] ** k for k in range(degree + 1)]
    return {f"c{k}": float(c) for k, c in enumerate(combination(powers, outputs[0]))}


def _of_rational(
    numerator: int, denominator: int, inputs: FloatArray, outputs: FloatArray
) -> dict[str, float]:
    """Of a0 + a1*x + ... - y*(b1*x + ...) = y, which is linear."""
    x, y = inputs[0], outputs[0]
    columns = [*(x**k for k in range(numerator + 1)), *(-y * x**k for k in range(1, denominator + 1))]
    names = [*(f"a{k}" for k in range(numerator + 1)), *(f"b{k}" for k in range(1, denominator + 1))]
    return {name: float(c) for name, c in zip(names, combination(columns, y), strict=True)}
