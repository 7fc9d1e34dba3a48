"""exp and log of eight numbers at once, without branches and without a library.

A library call for each lane would cost more than the rest of a bond, and its last bits differ
between machines. Both are accurate to about one unit in the last place.
"""

from __future__ import annotations

import math

from llvmlite import ir

from hpcfit.devices.lanes import VECTOR, WIDTH, constant

_LONG = ir.VectorType(ir.IntType(64), WIDTH)
_LOG2E = math.log2(math.e)
#: ln 2 in two parts, the first with trailing zero bits so that its multiples are exact (fdlibm)
_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10
#: adding it leaves the nearest integer in the low bits of a double
_ROUNDER = 1.5 * 2.0**52
#: (exp(x) - 1 - x)/x**2 on |x| <= ln(2)/2, Chebyshev fit, highest power first; error 1e-16
_EXP = (
    2.510038549551032e-08,
    2.7620088445409746e-07,
    2.7557268459997064e-06,
    2.4801521295954376e-05,
    1.9841269863053618e-04,
    1.3888888917213717e-03,
    8.333333333330062e-03,
    4.166666666662413e-02,
    1.6666666666666669e-01,
    0.5,
)
#: series of log((1+s)/(1-s)) in s**2 (fdlibm's e_log.c), highest power first
_LOG = (
    1.479819860511658591e-01,
    1.531383769920937332e-01,
    1.818357216161805012e-01,
    2.222219843214978396e-01,
    2.857142874366239149e-01,
    3.999999999940941908e-01,
    6.666666666666735130e-01,
)
_SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
_ONE_BITS = 0x3FF0000000000000
_TWO52_BITS = 0x4330000000000000
_EXP_LARGEST = 710.0
_EXP_SMALLEST = -708.0


def _long(value: int) -> ir.Constant:
    return ir.Constant(_LONG, [value] * WIDTH)


def fma(builder: ir.IRBuilder, a: ir.Value, b: ir.Value, c: ir.Value) -> ir.Value:
    """a*b + c with one rounding."""
    kind = ir.FunctionType(VECTOR, [VECTOR] * 3)
    return builder.call(declared(builder, kind, f"llvm.fma.v{WIDTH}f64"), [a, b, c])


def declared(builder: ir.IRBuilder, kind: ir.FunctionType, name: str) -> ir.Function:
    """The function of this name, declared in the module that is being built."""
    found = builder.module.globals.get(name)
    return ir.Function(builder.module, kind, name) if found is None else found


def polynomial(builder: ir.IRBuilder, coefficients: tuple[float, ...], x: ir.Value) -> ir.Value:
    """By Horner's rule, even and odd powers apart: half the chain of dependent operations."""
    square = builder.fmul(x, x)
    parts = []
    for start in (0, 1):
        part: ir.Value = constant(coefficients[start])
        for coefficient in coefficients[start + 2 :: 2]:
            part = fma(builder, part, square, constant(coefficient))
        parts.append(part)
    even, odd = (parts[1], parts[0]) if len(coefficients) % 2 == 0 else (parts[0], parts[1])
    return fma(builder, odd, x, even)


def emit_exp(builder: ir.IRBuilder, x: ir.Value) -> ir.Value:
    """exp(x) = 2**n exp(x - n ln 2); 0 below -708, inf above 709.78, NaN for NaN."""
    too_large = builder.fcmp_ordered(">", x, constant(_EXP_LARGEST))
    clamped = builder.select(too_large, constant(_EXP_LARGEST), x)
    shifted = fma(builder, clamped, constant(_LOG2E), constant(_ROUNDER))
    n = builder.fsub(shifted, constant(_ROUNDER))
    rest = fma(builder, n, constant(-_LN2_HIGH), clamped)
    rest = fma(builder, n, constant(-_LN2_LOW), rest)
    tail = polynomial(builder, _EXP, rest)
    near_one = builder.fadd(constant(1.0), fma(builder, builder.fmul(rest, rest), tail, rest))
    # 2 * 2**(n - 1): n reaches 1024, which has no exponent of its own
    exponent = builder.shl(builder.bitcast(shifted, _LONG), _long(52))
    scale = builder.bitcast(builder.add(exponent, _long(0x3FE << 52)), VECTOR)
    scaled = builder.fmul(builder.fmul(near_one, constant(2.0)), scale)
    too_small = builder.fcmp_ordered("<", x, constant(_EXP_SMALLEST))
    return builder.select(too_small, constant(0.0), scaled)


def emit_log(builder: ir.IRBuilder, x: ir.Value) -> ir.Value:
    """log(x) for normal x; -inf for 0 and subnormal numbers, NaN below zero."""
    bits = builder.add(builder.bitcast(x, _LONG), _long(_ONE_BITS - _SQRT_HALF_BITS))
    biased = builder.or_(builder.lshr(bits, _long(52)), _long(_TWO52_BITS))
    k = builder.fsub(builder.bitcast(biased, VECTOR), constant(2.0**52 + 1023.0))
    fraction = builder.add(builder.and_(bits, _long(0x000FFFFFFFFFFFFF)), _long(_SQRT_HALF_BITS))
    f = builder.fsub(builder.bitcast(fraction, VECTOR), constant(1.0))
    s = builder.fdiv(f, builder.fadd(constant(2.0), f))
    square = builder.fmul(s, s)
    series = builder.fmul(square, polynomial(builder, _LOG, square))
    half = builder.fmul(builder.fmul(constant(0.5), f), f)
    low = fma(builder, s, builder.fadd(half, series), builder.fmul(k, constant(_LN2_LOW)))
    value = fma(builder, k, constant(_LN2_HIGH), builder.fsub(f, builder.fsub(half, low)))
    value = builder.select(builder.fcmp_ordered("==", x, constant(math.inf)), x, value)
    tiny = builder.fcmp_ordered("<", x, constant(2.0**-1022))
    value = builder.select(tiny, constant(-math.inf), value)
    invalid = builder.fcmp_unordered("<", x, constant(0.0))
    return builder.select(invalid, constant(math.nan), value)
