"""The values of a checked formula on arrays, element by element, in plain NumPy."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.formula import allowed
from hpcfit.formula.check import CheckedExpression
from hpcfit.formula.interpret import Algebra, interpret

FloatArray = NDArray[np.float64]

_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}
_NUMPY_NAMES = {"asin": "arcsin", "acos": "arccos", "atan": "arctan"}


def array_value(checked: CheckedExpression, values: Mapping[str, FloatArray | float]) -> FloatArray:
    """The formula at the values of its names, which broadcast; NaN or infinite where it is not defined."""
    with np.errstate(all="ignore"):
        return np.asarray(interpret(checked.tree, _algebra(values), checked.constants), dtype=np.float64)


def _algebra(values: Mapping[str, FloatArray | float]) -> Algebra[Any]:
    return Algebra(
        number=np.float64,
        name=lambda name: np.asarray(values[name], dtype=np.float64),
        functions=_functions(),
        power=np.power,
        compare=_COMPARE,
        where=lambda condition, yes, no: np.where(condition, yes(), no()),
    )


def _functions() -> Mapping[str, Callable[..., Any]]:
    from scipy import special

    known: dict[str, Callable[..., Any]] = {
        "erf": special.erf,
        "erfc": special.erfc,
        "min": lambda *each: reduce(np.minimum, each),
        "max": lambda *each: reduce(np.maximum, each),
    }
    for name in allowed.FUNCTIONS:
        if name not in known and name != "where":
            known[name] = getattr(np, _NUMPY_NAMES.get(name, name))
    return known
