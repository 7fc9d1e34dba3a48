"""Functions of the library for eight numbers, one lane after the other.

The calls stand in a function of their own, so that a kernel holds them once and not at every use:
they are what is left for arguments that the code in vector registers cannot do.
"""

from __future__ import annotations

from collections.abc import Callable

from llvmlite import ir

from hpcfit.devices.lanes import VECTOR, WIDTH

#: emits a call with one number for each argument
EmitOne = Callable[[ir.IRBuilder, list[ir.Value]], ir.Value]
Emit = Callable[..., ir.Value]


def emit_lane_by_lane(builder: ir.IRBuilder, one: EmitOne, args: list[ir.Value]) -> ir.Value:
    """The results of `one` for the lanes of `args`."""
    result: ir.Value = ir.Constant(VECTOR, ir.Undefined)
    for lane in range(WIDTH):
        index = ir.IntType(32)(lane)
        values = [builder.extract_element(arg, index) for arg in args]
        result = builder.insert_element(result, one(builder, values), index)
    return result


def emit_unless(
    builder: ir.IRBuilder, name: str, one: EmitOne, args: list[ir.Value], value: ir.Value, rare: ir.Value
) -> ir.Value:
    """`value`, or where any lane of `rare` (booleans) is set, the library's results for all lanes.

    Args:
        name: of the function that holds the library's calls, one for each `one`.
    """
    any_rare = builder.icmp_unsigned("!=", builder.bitcast(rare, ir.IntType(WIDTH)), ir.IntType(WIDTH)(0))
    before = builder.block
    with builder.if_then(any_rare, likely=False):
        slow = builder.call(_function(builder, name, one, len(args)), args)
        after = builder.block
    result = builder.phi(VECTOR)
    result.add_incoming(value, before)
    result.add_incoming(slow, after)
    return result


def _function(builder: ir.IRBuilder, name: str, one: EmitOne, arity: int) -> ir.Function:
    found = builder.module.globals.get(name)
    if found is None:
        found = ir.Function(builder.module, ir.FunctionType(VECTOR, [VECTOR] * arity), name)
        found.linkage = "internal"
        for attribute in ("noinline", "cold"):
            found.attributes.add(attribute)
        inside = ir.IRBuilder(found.append_basic_block("entry"))
        inside.ret(emit_lane_by_lane(inside, one, list(found.args)))
    return found
