"""Functions of NumPy and SciPy that are called with symbols, as operations of formulas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, NoReturn

import numpy as np

from hpcfit.formula import functions
from hpcfit.formula.traced_operations import Tally

#: what NumPy calls by another name than formulas do
_RENAMED: Mapping[str, str] = {
    **{"arcsin": "asin", "arccos": "acos", "arctan": "atan", "absolute": "abs", "fabs": "abs"},
    **{"fmin": "minimum", "fmax": "maximum"},
}
_OPERATORS: Mapping[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "power": lambda a, b: a**b,
    "float_power": lambda a, b: a**b,
    "negative": lambda a: -a,
    "positive": lambda a: a,
    "square": lambda a: a**2,
    "reciprocal": lambda a: 1 / a,
    "exp2": lambda a: 2**a,
    "heaviside": lambda a, at_zero: functions.where(a < 0, 0, functions.where(a == 0, at_zero, 1)),
    "expm1": lambda a: functions.exp(a) - 1,
    "log1p": lambda a: functions.log(1 + a),
    "log10": lambda a: functions.log(a) / np.log(10.0),
    "log2": lambda a: functions.log(a) / np.log(2.0),
    "less": lambda a, b: a < b,
    "less_equal": lambda a, b: a <= b,
    "greater": lambda a, b: a > b,
    "greater_equal": lambda a, b: a >= b,
    "equal": lambda a, b: a == b,
    "not_equal": lambda a, b: a != b,
    "bitwise_and": lambda a, b: a & b,
    "bitwise_or": lambda a, b: a | b,
    "logical_and": lambda a, b: a & b,
    "logical_or": lambda a, b: a | b,
    "logical_not": lambda a: ~a,
    "invert": lambda a: ~a,
}
_FUNCTIONS: Mapping[Any, Callable[..., Any]] = {
    np.where: functions.where,
    np.clip: lambda a, low, high: functions.minimum(functions.maximum(a, low), high),
    np.polyval: lambda coefficients, x: reduce(lambda value, each: value * x + each, coefficients, 0),
}


def of_ufunc(
    tally: Tally, ufunc: Any, method: str, inputs: tuple[Any, ...], options: Mapping[str, Any]
) -> Any:
    """A function of NumPy, element by element where one of the inputs is an array of numbers."""
    name = _RENAMED.get(ufunc.__name__, ufunc.__name__)
    known = _OPERATORS.get(name) or functions.BY_NAME.get(name)
    if known is None or method != "__call__" or options:
        _fail(tally, f"{ufunc.__name__}{'' if method == '__call__' else '.' + method}")
    # Numbers of NumPy would ask the symbol again.
    inputs = tuple(each.item() if isinstance(each, np.generic) else each for each in inputs)
    if not any(isinstance(each, np.ndarray) for each in inputs):
        return known(*inputs)
    arrays = np.broadcast_arrays(*(_as_object(each) for each in inputs))
    results = [known(*elements) for elements in zip(*(array.flat for array in arrays), strict=True)]
    made = np.empty(len(results), dtype=object)
    made[:] = results
    return made.reshape(arrays[0].shape)[()]


def of_function(tally: Tally, function: Any, args: Any, options: Mapping[str, Any]) -> Any:
    """A function of NumPy that is no ufunc."""
    known = _FUNCTIONS.get(function)
    if known is None or options:
        _fail(tally, getattr(function, "__name__", repr(function)))
    return known(*args)


def _as_object(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.astype(object)
    made = np.empty((), dtype=object)
    made[()] = value
    return made


def _fail(tally: Tally, name: str) -> NoReturn:
    known = sorted({*functions.BY_NAME, "where"})
    tally.fail(f"{name} has no place in a formula. There are + - * / ** and {', '.join(known)}")
