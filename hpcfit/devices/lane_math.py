"""Functions that generated kernels call, for one number and for eight (`Lanes`).

exp, log, sqrt, sin, cos, erf, erfc and powers of `Lanes` are computed in vector registers; the rarer
functions call the library lane by lane. Each function also works as plain Python.
"""

# numba's extension API has no types.
# mypy: allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.core.typing.templates import signature

from hpcfit.devices.lane_erf import emit_erf, emit_erfc
from hpcfit.devices.lane_exp_log import declared, emit_exp, emit_log
from hpcfit.devices.lane_library import emit_lane_by_lane
from hpcfit.devices.lane_power import emit_power
from hpcfit.devices.lane_sin_cos import emit_cos, emit_sin
from hpcfit.devices.lanes import LANES, VECTOR, WIDTH, declare, emitted


def exp(x: Any) -> Any:
    """e**x."""
    return np.exp(x)


def log(x: Any) -> Any:
    """Natural logarithm."""
    return np.log(x)


def sqrt(x: Any) -> Any:
    """Square root."""
    return np.sqrt(x)


def power(x: Any, y: Any) -> Any:
    """x**y; NaN for negative x unless y is an integer."""
    return np.power(np.float64(x), y)


def sin(x: Any) -> Any:
    """Sine (radians)."""
    return math.sin(x)


def cos(x: Any) -> Any:
    """Cosine (radians)."""
    return math.cos(x)


def tan(x: Any) -> Any:
    """Tangent (radians)."""
    return math.tan(x)


def asin(x: Any) -> Any:
    """Inverse sine."""
    return math.asin(x)


def acos(x: Any) -> Any:
    """Inverse cosine."""
    return math.acos(x)


def atan(x: Any) -> Any:
    """Inverse tangent."""
    return math.atan(x)


def sinh(x: Any) -> Any:
    """Hyperbolic sine."""
    return math.sinh(x)


def cosh(x: Any) -> Any:
    """Hyperbolic cosine."""
    return math.cosh(x)


def tanh(x: Any) -> Any:
    """Hyperbolic tangent."""
    return math.tanh(x)


def erf(x: Any) -> Any:
    """Error function."""
    return math.erf(x)


def erfc(x: Any) -> Any:
    """1 - erf(x)."""
    return math.erfc(x)


def where_less(a: Any, b: Any, yes: Any, no: Any) -> Any:
    """yes if a < b else no."""
    return np.where(a < b, yes, no)[()]


def where_less_equal(a: Any, b: Any, yes: Any, no: Any) -> Any:
    """yes if a <= b else no."""
    return np.where(a <= b, yes, no)[()]


def where_equal(a: Any, b: Any, yes: Any, no: Any) -> Any:
    """yes if a == b else no."""
    return np.where(a == b, yes, no)[()]


#: functions that are left to the library, a call for each lane
RARE: Sequence[Callable[[Any], Any]] = (tan, asin, acos, atan, sinh, cosh, tanh)


def _emit_where(comparison: str) -> Callable[..., ir.Value]:
    def emit(builder: ir.IRBuilder, a: Any, b: Any, yes: Any, no: Any) -> ir.Value:
        return builder.select(builder.fcmp_ordered(comparison, a, b), yes, no)

    return emit


def _emit_sqrt(builder: ir.IRBuilder, x: ir.Value) -> ir.Value:
    kind = ir.FunctionType(VECTOR, [VECTOR])
    return builder.call(declared(builder, kind, f"llvm.sqrt.v{WIDTH}f64"), [x])


def _library(known: Callable[..., Any], arity: int) -> Callable[..., Any]:
    """What emits a call of a function that numba knows for float64."""
    kind = signature(types.float64, *(types.float64,) * arity)

    def emit(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        return context.get_function(known, kind)(builder, args)

    return emit


def _one_lane(context: Any, known: Callable[..., Any], arity: int) -> Callable[..., ir.Value]:
    call = _library(known, arity)
    return lambda builder, values: call(context, builder, None, values)


def _lane_by_lane(known: Callable[..., Any], arity: int) -> Callable[..., Any]:
    def emit(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        return emit_lane_by_lane(builder, _one_lane(context, known, arity), args)

    return emit


def _with_library(emit: Callable[..., ir.Value], known: Callable[..., Any], arity: int) -> Callable[..., Any]:
    """What leaves to the library what it cannot do in vector registers."""

    def lower(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        return emit(builder, *args, _one_lane(context, known, arity))

    return lower


def _declare_all() -> None:
    """Tell numba about every function above."""
    polynomials: Sequence[tuple[Callable[..., Any], Any, Any]] = (
        (exp, emit_exp, math.exp),
        (log, emit_log, math.log),
        (sqrt, _emit_sqrt, math.sqrt),
        (erf, emit_erf, math.erf),
        (erfc, emit_erfc, math.erfc),
    )
    for function, emit, known in polynomials:
        declare(function, 1, (types.float64, _library(known, 1)), (LANES, emitted(emit)))
    partial: Sequence[tuple[Callable[..., Any], Any, Any, int]] = (
        (sin, emit_sin, math.sin, 1),
        (cos, emit_cos, math.cos, 1),
        (power, emit_power, operator.pow, 2),
    )
    for function, emit, known, arity in partial:
        lanes = LANES, _with_library(emit, known, arity)
        declare(function, arity, (types.float64, _library(known, arity)), lanes)
    for rare in RARE:
        known = getattr(math, rare.__name__)
        declare(rare, 1, (types.float64, _library(known, 1)), (LANES, _lane_by_lane(known, 1)))
    wheres: Sequence[tuple[Callable[..., Any], str]] = (
        (where_less, "<"),
        (where_less_equal, "<="),
        (where_equal, "=="),
    )
    for function, comparison in wheres:
        where = emitted(_emit_where(comparison))
        declare(function, 4, (types.float64, where), (LANES, where))


_declare_all()
