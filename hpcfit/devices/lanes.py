"""Eight numbers at once: a numba type that LLVM keeps in vector registers.

Generated kernels are written once, for a number; given `Lanes` they work on eight bonds at a
time. Nothing is left to the auto-vectorizer, and sums over lanes are taken in one fixed order,
so that results have the same bits whatever the width of the machine's registers. On machines
with 512-bit registers a `Lanes` is one of them; LLVM splits it where registers are narrower.
"""

# numba's extension API has no types.
# mypy: allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.core.extending import intrinsic, lower_builtin, lower_cast, models, register_model
from numba.core.typeconv.castgraph import Conversion
from numba.core.typing.templates import AbstractTemplate, ConcreteTemplate, infer_global, signature

WIDTH = 8
VECTOR = ir.VectorType(ir.DoubleType(), WIDTH)
#: `contract` lets a*b + c become one instruction; nothing here may be reordered
FLAGS = ("nsz", "contract")


class Lanes(types.Type):
    """Type of eight float64 values; a plain number is converted by repeating it."""

    def __init__(self) -> None:
        super().__init__(name="Lanes")

    def can_convert_from(self, typingctx: Any, other: types.Type) -> Conversion | None:
        return Conversion.promote if isinstance(other, types.Float | types.Integer) else None


LANES = Lanes()
FLOATS = types.Array(types.float64, 1, "C")
INTEGERS = types.Array(types.int64, 1, "C")


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, dmm: Any, fe_type: types.Type) -> None:
        super().__init__(dmm, fe_type, VECTOR)


def repeat(builder: ir.IRBuilder, value: ir.Value) -> ir.Value:
    """The vector whose lanes all hold `value`."""
    single = builder.insert_element(ir.Constant(VECTOR, ir.Undefined), value, ir.IntType(32)(0))
    mask = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)
    return builder.shuffle_vector(single, ir.Constant(VECTOR, ir.Undefined), mask)


def constant(value: float) -> ir.Constant:
    """The constant vector with `value` in all lanes."""
    return ir.Constant(VECTOR, [value] * WIDTH)


@lower_cast(types.float64, LANES)
def _from_float(context: Any, builder: ir.IRBuilder, fromty: Any, toty: Any, value: ir.Value) -> ir.Value:
    return repeat(builder, value)


@lower_cast(types.Integer, LANES)
def _from_integer(context: Any, builder: ir.IRBuilder, fromty: Any, toty: Any, value: ir.Value) -> ir.Value:
    return repeat(builder, context.cast(builder, value, fromty, types.float64))


def declare(
    function: Callable[..., Any], arity: int, *lowerings: tuple[types.Type, Callable[..., Any]]
) -> None:
    """Let numba compile `function` with `arity` values of one kind, for each (kind, numba lowering)."""

    class Template(ConcreteTemplate):
        cases = [signature(kind, *(kind,) * arity) for kind, _ in lowerings]  # noqa: RUF012

    infer_global(function)(Template)
    for kind, lower in lowerings:
        lower_builtin(function, *(kind,) * arity)(lower)


def emitted(emit: Callable[..., ir.Value]) -> Callable[..., ir.Value]:
    """The numba lowering that consists of `emit(builder, *values)`."""

    def lower(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        return emit(builder, *args)

    return lower


def _declare_operator(function: Callable[..., Any], arity: int, emit: Callable[..., ir.Value]) -> None:
    """Let numba use an operator if one of its operands is `Lanes`.

    Numba has dozens of other meanings of operators, and formats an error for each that does not fit. What is
    declared for the "cpu" is tried before them: large kernels compile in a tenth less time.
    """

    class Template(AbstractTemplate):
        metadata = {"target": "cpu"}  # noqa: RUF012

        def generic(self, args: Any, kws: Any) -> Any:
            return signature(LANES, *(LANES,) * arity) if LANES in args else None

    infer_global(function)(Template)
    lower_builtin(function, *(LANES,) * arity)(emitted(emit))


for _operator, _arity, _emit in (
    (operator.add, 2, lambda builder, a, b: builder.fadd(a, b, flags=FLAGS)),
    (operator.sub, 2, lambda builder, a, b: builder.fsub(a, b, flags=FLAGS)),
    (operator.mul, 2, lambda builder, a, b: builder.fmul(a, b, flags=FLAGS)),
    (operator.truediv, 2, lambda builder, a, b: builder.fdiv(a, b, flags=FLAGS)),
    (operator.neg, 1, lambda builder, a: builder.fneg(a, flags=FLAGS)),
):
    _declare_operator(_operator, _arity, _emit)


@intrinsic
def zero(typingctx: Any) -> Any:
    """Eight zeros."""

    def emit(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        return constant(0.0)

    return LANES(), emit


@intrinsic
def count_from(typingctx: Any, first: Any) -> Any:
    """first, first + 1, ..., first + 7 (as float64)."""

    def emit(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        steps = ir.Constant(VECTOR, [float(lane) for lane in range(WIDTH)])
        return builder.fadd(repeat(builder, args[0]), steps)

    return LANES(types.float64), emit


@intrinsic
def total(typingctx: Any, value: Any) -> Any:
    """Sum over the lanes: (0+4)+(2+6) + (1+5)+(3+7)."""

    def emit(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        vector, width = args[0], WIDTH
        while width > 1:
            width //= 2
            halves = [
                builder.shuffle_vector(vector, vector, lane_numbers(range(start, start + width)))
                for start in (0, width)
            ]
            vector = builder.fadd(*halves)
        return builder.extract_element(vector, ir.IntType(32)(0))

    return types.float64(LANES), emit


@intrinsic
def all_below(typingctx: Any, value: Any, limit: Any, count: Any) -> Any:
    """Whether the first `count` (at most 8) lanes are less than the limit."""

    def emit(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        below = builder.fcmp_ordered("<", args[0], repeat(builder, args[1]))
        bits = builder.zext(builder.bitcast(below, ir.IntType(WIDTH)), ir.IntType(64))
        wanted = builder.sub(builder.shl(ir.IntType(64)(1), args[2]), ir.IntType(64)(1))
        return builder.icmp_unsigned("==", builder.and_(bits, wanted), wanted)

    return types.boolean(LANES, types.float64, types.int64), emit


def lane_numbers(indices: range) -> ir.Constant:
    """Indices for a shuffle."""
    return ir.Constant(ir.VectorType(ir.IntType(32), len(indices)), list(indices))
