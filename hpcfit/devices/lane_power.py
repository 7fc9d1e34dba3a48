"""x**y of eight numbers at once, as exp(y log(x)).

Its relative error is |y log(x)| units in the last place. Bases below zero, and subnormal ones, are left
to the library.
"""

from __future__ import annotations

from llvmlite import ir

from hpcfit.devices.lane_exp_log import emit_exp, emit_log
from hpcfit.devices.lane_library import EmitOne, emit_unless
from hpcfit.devices.lanes import constant


def emit_power(builder: ir.IRBuilder, x: ir.Value, y: ir.Value, library: EmitOne) -> ir.Value:
    """x**y; 1 for y = 0, and for x = 0 zero or infinity."""
    value = emit_exp(builder, builder.fmul(y, emit_log(builder, x), flags=("nsz",)))
    value = builder.select(builder.fcmp_ordered("==", y, constant(0.0)), constant(1.0), value)
    small = builder.fcmp_ordered("<", x, constant(2.0**-1022))
    rare = builder.and_(small, builder.fcmp_ordered("!=", x, constant(0.0)))
    return emit_unless(builder, "hpcfit.power", library, [x, y], value, rare)
