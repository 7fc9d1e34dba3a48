"""Piecewise cubics on equidistant knots in generated kernels, for one number and for eight (`Lanes`).

`cubic0` .. `cubic3` are value and derivatives of a cubic whose polynomials lie in an array, four numbers a
row: row 0 is what it is below the first knot, row i the interval i, row n the line above the last knot. A
row's polynomial is in t = u + 1 - i with u = (x - low) scale, scale being one over the distance of knots.
`weight0` .. `weight2` are value and derivatives of the four B-splines that count at x, with regard to x.
"""

# numba's extension API has no types, and compiled calls of intrinsics leave their first argument out.
# mypy: allow-untyped-calls, allow-untyped-decorators
# mypy: disable-error-code="call-arg, var-annotated, no-any-return"

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils
from numba.core.extending import intrinsic

from hpcfit.devices.cpu import kernel
from hpcfit.devices.lane_exp_log import declared
from hpcfit.devices.lane_math import where_less
from hpcfit.devices.lane_memory import get, put
from hpcfit.devices.lanes import LANES, VECTOR, WIDTH

_LONG = ir.IntType(64)


@intrinsic
def whole(typingctx: Any, x: Any) -> Any:
    """The largest integer not above x, as a float."""

    def emit(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        kind, name = (VECTOR, f"v{WIDTH}f64") if sig.args[0] == LANES else (ir.DoubleType(), "f64")
        return builder.call(declared(builder, ir.FunctionType(kind, [kind]), f"llvm.floor.{name}"), args)

    return x(x), emit


@intrinsic
def pick(typingctx: Any, array: Any, place: Any, row: Any, column: Any) -> Any:
    """array[place + 4*row + column] for a row, or for the row of each lane; rows are whole floats >= 0.

    The place may be one for all lanes or one for each, as rows of one species or of several have it.
    """

    def emit(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        data = cgutils.create_struct_proxy(sig.args[0])(context, builder, args[0]).data
        if sig.args[1] == LANES:
            return _of_each_lane(builder, data, args)
        first = builder.add(builder.fptosi(args[1], _LONG), args[3])
        if sig.args[2] != LANES:
            index = builder.add(first, builder.mul(builder.fptosi(args[2], _LONG), _LONG(4)))
            return builder.load(builder.gep(data, [index], inbounds=True))
        rows = builder.fptosi(args[2], ir.VectorType(ir.IntType(32), WIDTH))
        start = builder.gep(data, [first], inbounds=True)
        result: ir.Value = ir.Constant(VECTOR, ir.Undefined)
        for lane in range(WIDTH):
            at = ir.IntType(32)(lane)
            index = builder.mul(builder.sext(builder.extract_element(rows, at), _LONG), _LONG(4))
            one = builder.load(builder.gep(start, [index], inbounds=True))
            result = builder.insert_element(result, one, at)
        return result

    return row(array, place, row, column), emit


def _of_each_lane(builder: ir.IRBuilder, data: Any, args: Any) -> Any:
    """What `pick` reads where every lane has a place of its own."""
    _, place, row, column = args
    result: ir.Value = ir.Constant(VECTOR, ir.Undefined)
    for lane in range(WIDTH):
        at = ir.IntType(32)(lane)
        one, other = (builder.fptosi(builder.extract_element(each, at), _LONG) for each in (place, row))
        index = builder.add(builder.add(one, column), builder.mul(other, _LONG(4)))
        value = builder.load(builder.gep(data, [index], inbounds=True))
        result = builder.insert_element(result, value, at)
    return result


@kernel
def interval(x: Any, low: float, scale: float, n: float) -> Any:
    """The row that x is in; that above the last knot for what is not a number."""
    u = (x - low) * scale
    row = where_less(u, n - 1.0, whole(u) + 1.0, n)
    return where_less(row, 0.0, 0.0, row)


@kernel
def _within(x: Any, row: Any, low: float, scale: float) -> Any:
    return (x - low) * scale - (row - 1.0)


@kernel
def cubic0(table: Any, x: Any, place: float, low: float, scale: float, n: float) -> Any:
    """Value at x of the piecewise cubic whose rows start at `place` of the table."""
    row = interval(x, low, scale, n)
    t = _within(x, row, low, scale)
    a, b, c, d = (
        pick(table, place, row, 0),
        pick(table, place, row, 1),
        pick(table, place, row, 2),
        pick(table, place, row, 3),
    )
    return a + t * (b + t * (c + t * d))


@kernel
def cubic1(table: Any, x: Any, place: float, low: float, scale: float, n: float) -> Any:
    """Its derivative by x."""
    row = interval(x, low, scale, n)
    t = _within(x, row, low, scale)
    b, c, d = pick(table, place, row, 1), pick(table, place, row, 2), pick(table, place, row, 3)
    return scale * (b + t * (2.0 * c + t * (3.0 * d)))


@kernel
def cubic2(table: Any, x: Any, place: float, low: float, scale: float, n: float) -> Any:
    """Its second derivative."""
    row = interval(x, low, scale, n)
    t = _within(x, row, low, scale)
    c, d = pick(table, place, row, 2), pick(table, place, row, 3)
    return scale * scale * (2.0 * c + t * (6.0 * d))


@kernel
def cubic3(table: Any, x: Any, place: float, low: float, scale: float, n: float) -> Any:
    """Its third derivative, which jumps from row to row."""
    row = interval(x, low, scale, n)
    return scale * scale * scale * 6.0 * pick(table, place, row, 3)


@kernel
def _by_row(row: Any, n: float, below: Any, inside: Any, above: Any) -> Any:
    return where_less(row, 0.5, below, where_less(n - 0.5, row, above, inside))


@kernel
def weight0(x: Any, m: int, low: float, scale: float, n: float) -> Any:
    """What coefficient row - 1 + m, m = 0 .. 3, counts for at x; outside of the knots, lines through two."""
    row = interval(x, low, scale, n)
    t = _within(x, row, low, scale)
    s = 1.0 - t
    if m == 0:
        return _by_row(row, n, 0.0, s * s * s * (1.0 / 6.0), -t)
    if m == 1:
        return _by_row(row, n, 0.0, (2.0 / 3.0) - t * t * (1.0 - 0.5 * t), 1.0 + t)
    if m == 2:
        return _by_row(row, n, 2.0 - t, (2.0 / 3.0) - s * s * (1.0 - 0.5 * s), 0.0)
    return _by_row(row, n, t - 1.0, t * t * t * (1.0 / 6.0), 0.0)


@kernel
def weight1(x: Any, m: int, low: float, scale: float, n: float) -> Any:
    """Its derivative by x."""
    row = interval(x, low, scale, n)
    t = _within(x, row, low, scale)
    s = 1.0 - t
    if m == 0:
        return scale * _by_row(row, n, 0.0, -0.5 * s * s, -1.0)
    if m == 1:
        return scale * _by_row(row, n, 0.0, t * (1.5 * t - 2.0), 1.0)
    if m == 2:
        return scale * _by_row(row, n, -1.0, s * (2.0 - 1.5 * s), 0.0)
    return scale * _by_row(row, n, 1.0, 0.5 * t * t, 0.0)


@kernel
def weight2(x: Any, m: int, low: float, scale: float, n: float) -> Any:
    """Its second derivative."""
    row = interval(x, low, scale, n)
    t = _within(x, row, low, scale)
    if m == 0:
        return scale * scale * _by_row(row, n, 0.0, 1.0 - t, 0.0)
    if m == 1:
        return scale * scale * _by_row(row, n, 0.0, 3.0 * t - 2.0, 0.0)
    if m == 2:
        return scale * scale * _by_row(row, n, 0.0, 1.0 - 3.0 * t, 0.0)
    return scale * scale * _by_row(row, n, 0.0, t, 0.0)


@kernel
def spline_rows(
    values: Any,
    numbers: Any,
    first: int,
    knots: int,
    ends_at_zero: bool,
    monotonic: int,
    table: Any,
    place: int,
) -> float:
    """Write the rows of a spline, from the values that its parameters have, to the table at `place`.

    Returns `place` as the kernels hand it around. The same as `SplineValues.polynomials`.
    """
    n = knots - 2 if ends_at_zero else knots
    full = np.zeros(knots + 2)
    for k in range(n):
        full[k + 1] = get(values, get(numbers, first + k))
    if monotonic != 0 and ends_at_zero:
        for k in range(n, 0, -1):
            full[k] = full[k + 1] - monotonic * full[k]
    elif monotonic != 0:
        for k in range(2, n + 1):
            full[k] = full[k - 1] + monotonic * full[k]
    full[0] = 2.0 * full[1] - full[2]
    if not ends_at_zero:
        full[knots + 1] = 2.0 * full[knots] - full[knots - 1]
    for k in range(knots - 1):
        a, b, c, d = full[k], full[k + 1], full[k + 2], full[k + 3]
        put(table, place + 4 * (k + 1), (a + 4.0 * b + c) / 6.0)
        put(table, place + 4 * (k + 1) + 1, 0.5 * (c - a))
        put(table, place + 4 * (k + 1) + 2, 0.5 * (a - 2.0 * b + c))
        put(table, place + 4 * (k + 1) + 3, (d - a + 3.0 * (b - c)) / 6.0)
    _line(table, place, full[0], full[2] - full[1])
    _line(table, place + 4 * knots, full[knots], full[knots] - full[knots - 1])
    return float(place)


@kernel
def unit_rows(index: int, knots: int, ends_at_zero: bool, monotonic: int, table: Any, place: int) -> float:
    """The same for the spline of which one parameter is 1 and the others are 0."""
    values, numbers = np.zeros(knots), np.arange(knots)
    values[index] = 1.0
    return spline_rows(values, numbers, 0, knots, ends_at_zero, monotonic, table, place)


@kernel
def fixed_rows(values: Any, first: int, count: int, table: Any, place: int) -> float:
    """Copy `count` numbers of the rows of a function that has no parameters, and return `place`."""
    for k in range(count):
        put(table, place + k, get(values, first + k))
    return float(place)


@kernel
def _line(table: Any, place: int, start: float, slope: float) -> None:
    put(table, place, start)
    put(table, place + 1, slope)
    put(table, place + 2, 0.0)
    put(table, place + 3, 0.0)
