"""sin and cos of eight numbers at once.

The argument is reduced by the nearest multiple of pi/2, known to 160 bits in three parts: with
fused multiply-add the first subtraction is exact (Cody and Waite). The polynomials are fdlibm's
k_sin.c and k_cos.c. Arguments beyond `LARGEST`, infinite ones too, are left to the library.
"""

from __future__ import annotations

import math

from llvmlite import ir

from hpcfit.devices.lane_exp_log import declared, fma, polynomial
from hpcfit.devices.lane_library import EmitOne, emit_unless
from hpcfit.devices.lanes import VECTOR, WIDTH, constant

LARGEST = 1e9
#: pi/2 is their sum
_HALF_PI = (1.5707963267948966, 6.123233995736766e-17, -1.4973849048591833e-33)
#: adding it leaves the nearest integer in the low bits of a double
_ROUNDER = 1.5 * 2.0**52
#: (sin(x) - x)/x**3 in x**2 on |x| <= pi/4, highest power first
_SIN = (
    1.58969099521155010221e-10,
    -2.50507602534068634195e-08,
    2.75573137070700676789e-06,
    -1.98412698298579493134e-04,
    8.33333333332248946124e-03,
    -1.66666666666666324348e-01,
)
#: (cos(x) - 1 + x**2/2)/x**4 in x**2
_COS = (
    -1.13596475577881948265e-11,
    2.08757232129817482790e-09,
    -2.75573143513906633035e-07,
    2.48015872894767294178e-05,
    -1.38888888888741095749e-03,
    4.16666666666666019037e-02,
)
_LONG = ir.VectorType(ir.IntType(64), WIDTH)
#: a flag of its own keeps numba from adding those by which (1 - w) - h would be "simplified" away
_EXACT = ("nsz",)


def emit_sin(builder: ir.IRBuilder, x: ir.Value, library: EmitOne) -> ir.Value:
    """sin(x) within 1.5 units in the last place."""
    return _emit(builder, x, 0, "hpcfit.sin", library)


def emit_cos(builder: ir.IRBuilder, x: ir.Value, library: EmitOne) -> ir.Value:
    """cos(x) = sin(x + pi/2) within 1.5 units in the last place."""
    return _emit(builder, x, 1, "hpcfit.cos", library)


def _emit(builder: ir.IRBuilder, x: ir.Value, quarter: int, name: str, library: EmitOne) -> ir.Value:
    shifted = fma(builder, x, constant(2.0 / math.pi), constant(_ROUNDER))
    n = builder.fsub(shifted, constant(_ROUNDER), flags=_EXACT)
    rest = x
    for part in _HALF_PI:
        rest = fma(builder, n, constant(-part), rest)
    quarters = builder.add(builder.bitcast(shifted, _LONG), _long(quarter))
    odd = builder.icmp_unsigned("!=", builder.and_(quarters, _long(1)), _long(0))
    value = builder.select(odd, _cosine(builder, rest), _sine(builder, rest))
    sign = builder.shl(builder.and_(quarters, _long(2)), _long(62))
    value = builder.bitcast(builder.xor(builder.bitcast(value, _LONG), sign), VECTOR)
    kind = ir.FunctionType(VECTOR, [VECTOR])
    size = builder.call(declared(builder, kind, f"llvm.fabs.v{WIDTH}f64"), [x])
    rare = builder.fcmp_ordered(">", size, constant(LARGEST))
    return emit_unless(builder, name, library, [x], value, rare)


def _sine(builder: ir.IRBuilder, x: ir.Value) -> ir.Value:
    square = builder.fmul(x, x, flags=_EXACT)
    cube = builder.fmul(square, x, flags=_EXACT)
    return fma(builder, cube, polynomial(builder, _SIN, square), x)


def _cosine(builder: ir.IRBuilder, x: ir.Value) -> ir.Value:
    square = builder.fmul(x, x, flags=_EXACT)
    half = builder.fmul(constant(0.5), square, flags=_EXACT)
    near = builder.fsub(constant(1.0), half, flags=_EXACT)
    lost = builder.fsub(builder.fsub(constant(1.0), near, flags=_EXACT), half, flags=_EXACT)
    tail = builder.fmul(builder.fmul(square, square, flags=_EXACT), polynomial(builder, _COS, square))
    return builder.fadd(near, builder.fadd(lost, tail, flags=_EXACT), flags=_EXACT)


def _long(value: int) -> ir.Constant:
    return ir.Constant(_LONG, [value] * WIDTH)
