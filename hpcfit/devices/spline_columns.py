"""Derivatives by the coefficients of a spline, in generated kernels: four of them for each bond.

They are collected in rows of numbers, one row for each B-spline coefficient: FORCE numbers with force and
energy, and where stresses are wanted, in other rows, VIRIAL numbers of which six are the virial. At x in the
interval i of the knots the coefficients i - 1 .. i + 2 count; as i is 0 below the first knot, coefficient k
has row k + 1. When all bonds of a site and kind are in, rows of coefficients become rows of parameters, and
go to their columns.
"""

# numba's extension API has no types, and compiled calls of intrinsics leave their first argument out.
# mypy: allow-untyped-calls, allow-untyped-decorators
# mypy: disable-error-code="call-arg, var-annotated"

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.extending import intrinsic

from hpcfit.devices.cpu import kernel
from hpcfit.devices.lane_memory import LANE_BYTES, get, increase, load, put
from hpcfit.devices.lanes import FLAGS, LANES, VECTOR, WIDTH, constant, repeat, total

#: numbers of a row
FORCE, VIRIAL = 4, 8
#: rows besides one for each knot
MORE_ROWS = 4


def _vector_at(context: Any, builder: ir.IRBuilder, kind: Any, array: Any, index: ir.Value) -> ir.Value:
    data = cgutils.create_struct_proxy(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index], inbounds=True), VECTOR.as_pointer())


def _chosen(builder: ir.IRBuilder, a: ir.Value, b: ir.Value, lanes: Sequence[int]) -> ir.Value:
    """The lanes of a (0 to 7) and b (8 to 15)."""
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), list(lanes)))


def _increased(builder: ir.IRBuilder, address: ir.Value, factor: ir.Value, value: ir.Value) -> None:
    product = builder.fmul(factor, value, flags=FLAGS)
    total = builder.fadd(builder.load(address, align=LANE_BYTES), product, flags=FLAGS)
    builder.store(total, address, align=LANE_BYTES)


@intrinsic
def store_by_lane(
    typingctx: Any,
    array: Any,
    place: Any,
    s0: Any,
    s1: Any,
    s2: Any,
    s3: Any,
    e0: Any,
    e1: Any,
    e2: Any,
    e3: Any,
) -> Any:
    """s0 .. s3, e0 .. e3 of the first lane to array[place : place + 8], of the second behind, and so on."""

    def emit(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        rows = list(args[2:])
        for step in (1, 2, 4):  # transposes blocks of 1, 2 and 4
            for first in range(WIDTH):
                if first & step:
                    continue
                a, b = rows[first], rows[first + step]
                low = [k if not k & step else WIDTH + k - step for k in range(WIDTH)]
                high = [k + step if not k & step else WIDTH + k for k in range(WIDTH)]
                rows[first], rows[first + step] = _chosen(builder, a, b, low), _chosen(builder, a, b, high)
        for lane, row in enumerate(rows):
            at = builder.add(args[1], ir.IntType(64)(WIDTH * lane))
            builder.store(row, _vector_at(context, builder, sig.args[0], args[0], at), align=LANE_BYTES)
        return context.get_dummy_value()

    return types.void(array, types.int64, *(LANES,) * WIDTH), emit


@intrinsic
def add_bond(typingctx: Any, array: Any, place: Any, lane: Any, x: Any, y: Any, z: Any) -> Any:
    """Force s (x, y, z) and energy e of a bond to four rows from `place` on; s and e by lane, at `lane`."""

    def emit(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        data = cgutils.create_struct_proxy(sig.args[0])(context, builder, args[0]).data
        row = ir.VectorType(ir.DoubleType(), FORCE)
        both = builder.load(_vector_at(context, builder, sig.args[0], args[0], args[2]), align=LANE_BYTES)
        direction: ir.Value = ir.Constant(row, [1.0] * FORCE)
        for k, component in enumerate(args[3:]):
            direction = builder.insert_element(direction, component, ir.IntType(32)(k))
        for m in range(4):  # one row at a time: what one bond stores the next one loads, whole
            factor = _chosen(builder, both, both, [m, m, m, 4 + m])
            at = builder.add(args[1], ir.IntType(64)(FORCE * m))
            address = builder.bitcast(builder.gep(data, [at], inbounds=True), row.as_pointer())
            _increased(builder, address, factor, direction)
        return context.get_dummy_value()

    return types.void(array, types.int64, types.int64, *(types.float64,) * 3), emit


@intrinsic
def add_virial(typingctx: Any, array: Any, place: Any, lane: Any, x: Any, y: Any, z: Any, half: Any) -> Any:
    """Virial of a bond of twice the length `half` to four rows from `place` on; otherwise as `add_bond`."""

    def emit(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        kind, (x, y, z, half) = sig.args[0], args[3:]
        products: ir.Value = constant(0.0)
        for k, (a, b) in enumerate(((x, x), (y, y), (z, z), (y, z), (x, z), (x, y))):
            product = builder.fmul(builder.fmul(half, a), b)
            products = builder.insert_element(products, product, ir.IntType(32)(k))
        for m in range(4):
            at = builder.add(args[2], ir.IntType(64)(m))
            data = cgutils.create_struct_proxy(kind)(context, builder, args[0]).data
            slope = builder.load(builder.gep(data, [at], inbounds=True))
            at = builder.add(args[1], ir.IntType(64)(VIRIAL * m))
            address = _vector_at(context, builder, kind, args[0], at)
            _increased(builder, address, repeat(builder, slope), products)
        return context.get_dummy_value()

    return types.void(array, types.int64, types.int64, *(types.float64,) * 4), emit


@kernel
def any_column(columns: Any, first: int, n: int) -> bool:
    """Whether any of the parameters has a column."""
    found = False
    for k in range(n):
        found |= get(columns, first + k) >= 0
    return found


@kernel
def clear_rows(rows: Any, first: int, count: int) -> None:
    """Zeros from `first` on."""
    for i in range(first, first + count):
        put(rows, i, 0.0)


@kernel
def _add_row(rows: Any, first: int, stride: int, to: int, factor: float, source: int) -> None:
    for i in range(stride):
        increase(rows, first + to * stride + i, factor * get(rows, first + source * stride + i))


@kernel
def rows_of_parameters(
    rows: Any, first: int, stride: int, knots: int, ends_at_zero: bool, monotonic: int
) -> None:
    """From rows of coefficients to rows of parameters, of which the first is row 2: see `SplineShape`."""
    _add_row(rows, first, stride, 2, 2.0, 1)
    _add_row(rows, first, stride, 3, -1.0, 1)
    n = knots - 2
    if not ends_at_zero:
        n = knots
        _add_row(rows, first, stride, knots + 1, 2.0, knots + 2)
        _add_row(rows, first, stride, knots, -1.0, knots + 2)
    if monotonic == 0:
        return
    if ends_at_zero:  # coefficient k is minus or plus the sum of the steps from k on
        for k in range(3, n + 2):
            _add_row(rows, first, stride, k, 1.0, k - 1)
        last = first + (n + 2) * stride
        for i in range(first + 2 * stride, last):
            put(rows, i, -monotonic * get(rows, i))
        return
    for k in range(n, 1, -1):  # it is the level plus or minus the sum of the steps up to k
        _add_row(rows, first, stride, k, 1.0, k + 1)
    for i in range(first + 3 * stride, first + (n + 2) * stride):
        put(rows, i, monotonic * get(rows, i))


@kernel
def give_forces(
    rows: Any,
    first: int,
    n: int,
    columns: Any,
    first_column: int,
    predictions: Any,
    n_rows: int,
    row: int,
    sums: Any,
    stride: int,
) -> None:
    """Add the forces of rows of parameters to those of a site, and the energies to the configuration's."""
    for j in range(n):
        column = get(columns, first_column + j)
        if column >= 0:
            place = first + (j + 2) * FORCE
            for axis in range(3):
                increase(predictions, column * n_rows + row + axis, get(rows, place + axis))
            increase(sums, stride * column, get(rows, place + 3))


@kernel
def give_virials(
    rows: Any, first: int, n: int, columns: Any, first_column: int, sums: Any, stride: int
) -> None:
    """Add the virials of rows of parameters to those of the configuration."""
    for j in range(n):
        column = get(columns, first_column + j)
        if column >= 0:
            for c in range(6):
                increase(sums, stride * column + 8 * (c + 2), get(rows, first + (j + 2) * VIRIAL + c))


@kernel
def spread_values(rows: Any, bonds: int, first: int) -> None:
    """Add four values of eight bonds to four rows of eight lanes each, every lane to its own.

    At `bonds` stand the intervals of the eight, then the four values of each.
    """
    for lane in range(8):
        place = first + 8 * int(get(rows, bonds + lane)) + lane
        increase(rows, place, get(rows, bonds + 8 + lane))
        increase(rows, place + 8, get(rows, bonds + 16 + lane))
        increase(rows, place + 16, get(rows, bonds + 24 + lane))
        increase(rows, place + 24, get(rows, bonds + 32 + lane))


@kernel
def sum_rows(rows: Any, first: int, totals: int, count: int) -> None:
    """The sums over lanes of `count` rows from `first` on, to `totals`."""
    for k in range(count):
        put(rows, totals + k, total(load(rows, first + 8 * k)))


@kernel
def give_slots(
    rows: Any,
    first: int,
    stride: int,
    which: int,
    n: int,
    columns: Any,
    first_slot: int,
    target: Any,
    place: int,
) -> None:
    """Add number `which` of the rows of parameters to the slots of these behind `place` of the target."""
    for j in range(n):
        slot = get(columns, first_slot + j)
        if slot >= 0:
            increase(target, place + slot, get(rows, first + (j + 2) * stride + which))
