"""erf and erfc of eight numbers at once, for charges that are summed with damping.

For a = |x|, (1 + 2a) exp(a^2) erfc(a) is smooth in q = (a - 4)/(a + 4), which takes all a to -1..1, so that
one polynomial does for all: M. M. Shepherd and J. G. Laframboise, Math. Comput. 36, 249 (1981). a^2 is
known with its rounding error, which exp would otherwise magnify. For small x, erf has a series of its own.
"""

from __future__ import annotations

from llvmlite import ir

from hpcfit.devices.lane_exp_log import declared, emit_exp, fma, polynomial
from hpcfit.devices.lanes import VECTOR, WIDTH, constant

#: (1 + 2a) exp(a^2) erfc(a) in q, Chebyshev fit, highest power first; relative error 3e-16
_ERFC = (
    1.6403183696752708e-09,
    -6.984021100158542e-09,
    -1.673812797437216e-08,
    9.290772873032215e-08,
    7.202517584836005e-08,
    -8.019174684327191e-07,
    2.968409172531307e-07,
    5.6894090899650724e-06,
    -1.1224122281497544e-05,
    -2.4387691264306046e-05,
    0.00015062257137043143,
    -0.0001992610018544279,
    -0.0007577735257382458,
    0.005031971017234254,
    -0.016197734020451597,
    0.03716751538360477,
    -0.06633036581541651,
    0.0937328350110569,
    -0.10103906603618064,
    0.06809705425420673,
    0.015379652102618402,
    -0.139621116840557,
    1.2329951186255526,
)
#: erf(x)/x - 1 in x^2 for |x| <= 1, Chebyshev fit, highest power first; error 1e-17
_ERF = (
    -7.795898827002142e-10,
    1.3720064546777686e-08,
    -1.6208483801871705e-07,
    1.6447424703317362e-06,
    -1.492473690741966e-05,
    0.00012055294904839707,
    -0.0008548325975389692,
    0.0052239776071164225,
    -0.02686617064323777,
    0.11283791670945006,
    -0.37612638903183543,
    0.12837916709551256,
)
#: beyond it erfc is 0, and infinity would have no q
_LARGEST = 30.0
#: a flag of its own keeps numba from adding those by which a product may be computed another way
_EXACT = ("nsz",)


def emit_erfc(builder: ir.IRBuilder, x: ir.Value) -> ir.Value:
    """erfc(x) within six units in the last place; 0 above 26.6."""
    tail = _tail(builder, _size(builder, x))
    below = builder.fcmp_ordered("<", x, constant(0.0))
    return builder.select(below, builder.fsub(constant(2.0), tail), tail)


def emit_erf(builder: ir.IRBuilder, x: ir.Value) -> ir.Value:
    """erf(x) within two units in the last place."""
    size = _size(builder, x)
    far = builder.fsub(constant(1.0), _tail(builder, size))
    far = builder.select(builder.fcmp_ordered("<", x, constant(0.0)), builder.fneg(far), far)
    near = fma(builder, x, polynomial(builder, _ERF, builder.fmul(x, x)), x)
    return builder.select(builder.fcmp_ordered("<", size, constant(1.0)), near, far)


def _tail(builder: ir.IRBuilder, a: ir.Value) -> ir.Value:
    """erfc(a) for a >= 0."""
    a = builder.select(builder.fcmp_ordered(">", a, constant(_LARGEST)), constant(_LARGEST), a)
    q = builder.fdiv(builder.fsub(a, constant(4.0)), builder.fadd(a, constant(4.0)))
    scale = fma(builder, constant(2.0), a, constant(1.0))
    smooth = builder.fdiv(polynomial(builder, _ERFC, q), scale)
    square = builder.fmul(a, a, flags=_EXACT)
    minus = builder.fneg(square, flags=_EXACT)
    lost = fma(builder, a, a, minus)
    product = builder.fmul(emit_exp(builder, minus), smooth)
    return builder.fsub(product, builder.fmul(product, lost))


def _size(builder: ir.IRBuilder, x: ir.Value) -> ir.Value:
    kind = ir.FunctionType(VECTOR, [VECTOR])
    return builder.call(declared(builder, kind, f"llvm.fabs.v{WIDTH}f64"), [x])
