"""Reading and writing arrays in generated kernels: one number, or eight at a time as `Lanes`.

Plain indexing would compile a test for negative indices into every access. Nothing here checks
bounds: the generator knows the sizes.
"""

# numba's extension API has no types.
# mypy: allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.extending import intrinsic

from hpcfit.devices.lanes import FLAGS, LANES, VECTOR, WIDTH, lane_numbers

LANE_BYTES = 8


def _address(context: Any, builder: ir.IRBuilder, array_type: Any, array: Any, index: ir.Value) -> ir.Value:
    data = cgutils.create_struct_proxy(array_type)(context, builder, array).data
    return builder.gep(data, [index], inbounds=True)


@intrinsic
def load(typingctx: Any, array: Any, index: Any) -> Any:
    """The eight numbers array[index : index + 8]."""

    def emit(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        address = _address(context, builder, sig.args[0], args[0], args[1])
        address = builder.bitcast(address, VECTOR.as_pointer())
        return builder.load(address, align=LANE_BYTES)

    return LANES(array, types.int64), emit


@intrinsic
def store(typingctx: Any, array: Any, index: Any, value: Any) -> Any:
    """array[index : index + 8] = value."""

    def emit(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        address = _address(context, builder, sig.args[0], args[0], args[1])
        address = builder.bitcast(address, VECTOR.as_pointer())
        builder.store(args[2], address, align=LANE_BYTES)
        return context.get_dummy_value()

    return types.void(array, types.int64, LANES), emit


@intrinsic
def get(typingctx: Any, array: Any, index: Any) -> Any:
    """array[index], index not negative."""

    def emit(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        return builder.load(_address(context, builder, sig.args[0], args[0], args[1]))

    return array.dtype(array, types.int64), emit


@intrinsic
def put(typingctx: Any, array: Any, index: Any, value: Any) -> Any:
    """array[index] = value, index not negative."""

    def emit(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        builder.store(args[2], _address(context, builder, sig.args[0], args[0], args[1]))
        return context.get_dummy_value()

    return types.void(array, types.int64, array.dtype), emit


@intrinsic
def increase(typingctx: Any, array: Any, index: Any, value: Any) -> Any:
    """array[index] += value, index not negative."""

    def emit(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        address = _address(context, builder, sig.args[0], args[0], args[1])
        builder.store(builder.fadd(builder.load(address), args[2], flags=FLAGS), address)
        return context.get_dummy_value()

    return types.void(array, types.int64, types.float64), emit


@intrinsic
def accumulate(typingctx: Any, array: Any, index: Any, value: Any) -> Any:
    """array[index : index + 8] += value."""

    def emit(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        address = _address(context, builder, sig.args[0], args[0], args[1])
        address = builder.bitcast(address, VECTOR.as_pointer())
        sum_ = builder.fadd(builder.load(address, align=LANE_BYTES), args[2], flags=FLAGS)
        builder.store(sum_, address, align=LANE_BYTES)
        return context.get_dummy_value()

    return types.void(array, types.int64, LANES), emit


@intrinsic
def gather(typingctx: Any, array: Any, start: Any, indices: Any, place: Any) -> Any:
    """The eight numbers array[start + indices[place + k]]: eight loads, which beat the instruction for it."""

    def emit(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        source, start, indices, place = args
        result: ir.Value = ir.Constant(VECTOR, ir.Undefined)
        for lane in range(WIDTH):
            at = builder.add(place, ir.IntType(64)(lane))
            index = builder.load(_address(context, builder, sig.args[2], indices, at))
            address = _address(context, builder, sig.args[0], source, builder.add(start, index))
            result = builder.insert_element(result, builder.load(address), ir.IntType(32)(lane))
        return result

    return LANES(array, types.int64, indices, types.int64), emit


@intrinsic
def unpack_triples(typingctx: Any, source: Any, index: Any, target: Any, place: Any, stride: Any) -> Any:
    """x, y, z of eight vectors from source[index : index + 24] to target at place, + stride, + 2 stride."""

    def emit(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        triples = ir.VectorType(ir.DoubleType(), 3 * WIDTH)
        address = _address(context, builder, sig.args[0], args[0], args[1])
        packed = builder.load(builder.bitcast(address, triples.as_pointer()), align=LANE_BYTES)
        for axis in range(3):
            at = builder.add(args[3], builder.mul(ir.IntType(64)(axis), args[4]))
            address = _address(context, builder, sig.args[2], args[2], at)
            part = builder.shuffle_vector(packed, packed, lane_numbers(range(axis, 3 * WIDTH, 3)))
            builder.store(part, builder.bitcast(address, VECTOR.as_pointer()), align=LANE_BYTES)
        return context.get_dummy_value()

    return types.void(source, types.int64, target, types.int64, types.int64), emit


@intrinsic
def affine_indices(
    typingctx: Any, source: Any, index: Any, target: Any, place: Any, factor: Any, offset: Any
) -> Any:
    """target[place + k] = offset + factor * source[index + k] for eight int32, as int64."""

    def emit(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        narrow, wide = (ir.VectorType(ir.IntType(bits), WIDTH) for bits in (32, 64))
        address = _address(context, builder, sig.args[0], args[0], args[1])
        found = builder.load(builder.bitcast(address, narrow.as_pointer()), align=4)
        factors, offsets = (_repeat_integer(builder, value, wide) for value in args[4:])
        result = builder.add(builder.mul(builder.sext(found, wide), factors), offsets)
        address = _address(context, builder, sig.args[2], args[2], args[3])
        builder.store(result, builder.bitcast(address, wide.as_pointer()), align=LANE_BYTES)
        return context.get_dummy_value()

    return types.void(source, types.int64, target, types.int64, types.int64, types.int64), emit


def _repeat_integer(builder: ir.IRBuilder, value: ir.Value, kind: ir.VectorType) -> ir.Value:
    nothing = ir.Constant(kind, ir.Undefined)
    single = builder.insert_element(nothing, value, ir.IntType(32)(0))
    return builder.shuffle_vector(
        single, nothing, ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)
    )


_TRIPLE = ir.VectorType(ir.DoubleType(), 4)


@intrinsic
def store_triples(typingctx: Any, array: Any, index: Any, x: Any, y: Any, z: Any) -> Any:
    """array[index + 4*lane :] = x, y, z, 0 for each of the eight lanes; returns nothing."""

    def emit(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        address = _address(context, builder, sig.args[0], args[0], args[1])
        pairs = _lane_pairs(builder, *args[2:])
        for k, pair in enumerate(pairs):
            place = builder.gep(address, [ir.IntType(64)(k * WIDTH)], inbounds=True)
            builder.store(pair, builder.bitcast(place, VECTOR.as_pointer()), align=LANE_BYTES)
        return context.get_dummy_value()

    return types.void(array, types.int64, LANES, LANES, LANES), emit


@intrinsic
def increase_by_total(typingctx: Any, array: Any, index: Any, x: Any, y: Any, z: Any) -> Any:
    """array[index], array[index + 1], array[index + 2] += the sums of x, y, z over their lanes."""

    def emit(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        first, second, third, fourth = _lane_pairs(builder, *args[2:])
        both = builder.fadd(builder.fadd(first, second), builder.fadd(third, fourth))
        halves = [builder.shuffle_vector(both, both, lane_numbers(range(k, k + 4))) for k in (0, 4)]
        address = _address(context, builder, sig.args[0], args[0], args[1])
        _add_triple(builder, address, builder.fadd(*halves))
        return context.get_dummy_value()

    return types.void(array, types.int64, LANES, LANES, LANES), emit


@intrinsic
def decrease_by_triple(typingctx: Any, array: Any, index: Any, source: Any, place: Any) -> Any:
    """array[index], array[index + 1], array[index + 2] -= three numbers of `source` from `place` on."""

    def emit(context: Any, builder: ir.IRBuilder, sig: Any, args: Any) -> ir.Value:
        address = _address(context, builder, sig.args[2], args[2], args[3])
        triple = builder.load(builder.bitcast(address, _TRIPLE.as_pointer()), align=LANE_BYTES)
        address = _address(context, builder, sig.args[0], args[0], args[1])
        _add_triple(builder, address, builder.fneg(triple))
        return context.get_dummy_value()

    return types.void(array, types.int64, array, types.int64), emit


def _lane_pairs(builder: ir.IRBuilder, x: ir.Value, y: ir.Value, z: ir.Value) -> list[ir.Value]:
    """(x, y, z, 0) of lanes 0 and 1, 2 and 3, ... in one vector each."""
    nothing = ir.Constant(VECTOR, [0.0] * WIDTH)

    def pick(a: ir.Value, b: ir.Value, numbers: list[int]) -> ir.Value:
        mask = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), numbers)
        return builder.shuffle_vector(a, b, mask)

    pairs = []
    for lane in range(0, WIDTH, 2):
        one, two = lane, lane + 1
        flat = pick(x, y, [one, WIDTH + one, 0, 0, two, WIDTH + two, 0, 0])
        high = pick(z, nothing, [0, 0, one, WIDTH, 0, 0, two, WIDTH])
        pairs.append(pick(flat, high, [0, 1, WIDTH + 2, WIDTH + 3, 4, 5, WIDTH + 6, WIDTH + 7]))
    return pairs


def _add_triple(builder: ir.IRBuilder, address: ir.Value, triple: ir.Value) -> None:
    """Add the first three of four numbers to those at an address, two of them at once."""
    for size, first in ((2, 0), (1, 2)):
        kind = ir.VectorType(ir.DoubleType(), size)
        place = builder.gep(address, [ir.IntType(64)(first)], inbounds=True)
        pointer = builder.bitcast(place, kind.as_pointer())
        part = builder.shuffle_vector(triple, triple, lane_numbers(range(first, first + size)))
        found = builder.load(pointer, align=LANE_BYTES)
        builder.store(builder.fadd(found, part, flags=FLAGS), pointer, align=LANE_BYTES)
