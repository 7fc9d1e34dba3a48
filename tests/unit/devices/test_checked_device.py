"""What the stand-in finds that would not always show on a card: races, reads beside arrays, late copies."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from emulated import HostDevice, compiler_missing, contraction_missing

pytestmark = pytest.mark.skipif(compiler_missing() is not None, reason=str(compiler_missing()))

SOURCE = """
extern "C" __global__ void mirror(double *out, long long with_barrier)
{
    __shared__ double staged[64];
    staged[threadIdx.x] = threadIdx.x;
    if (with_barrier) __syncthreads();
    out[64 * blockIdx.x + threadIdx.x] = staged[blockDim.x - 1 - threadIdx.x];
}

extern "C" __global__ void neighbours(double *out, long long with_barrier)
{
    extern __shared__ double staged[];
    staged[threadIdx.x] = 0.0;
    __syncthreads();
    for (int round = 0; round < 3; round++) {
        staged[threadIdx.x] += out[threadIdx.x];
        if (with_barrier) __syncwarp();
        double other = __shfl_xor_sync(0xffffffffu, staged[threadIdx.x ^ 1], 1);
        if (with_barrier) __syncwarp();
        out[threadIdx.x] = other;
    }
}

extern "C" __global__ void crowd(double *out) { out[threadIdx.x] = blockIdx.x; }

extern "C" __global__ void sum_to_one(const double *in, double *out) { out[0] += in[threadIdx.x]; }

extern "C" __global__ void idle_lanes(long long n, const int *place, const double *in, double *out)
{
    const double value = in[place[threadIdx.x]];
    if (threadIdx.x < n) out[threadIdx.x] = value;
}

extern "C" __global__ void unpack(long long first, const int *in, double *out)
{
    out[0] = *(const double *)(in + first);
}

extern "C" __global__ void __launch_bounds__(64) alone(
    const double *__restrict__ in, double *__restrict__ out)
{
    __shared__ double staged[128];
    staged[threadIdx.x] = in[threadIdx.x];
    out[threadIdx.x] = staged[threadIdx.x];
}

extern "C" __global__ void difference(double a, double b, double c, double *out) { out[0] = a * b - c; }

extern "C" __global__ void grow(const double *in, double *out) { out[threadIdx.x] = exp(in[threadIdx.x]); }
"""


@pytest.fixture
def device() -> HostDevice:
    return HostDevice(checked=True)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(
    ("kernel", "fault"),
    [
        ("mirror", r"threads \d+ and \d+ of a block are both at byte \d+ of static .*kernels.cu:[57]$"),
        ("neighbours", r"threads \d+ and \d+ of a block are both at byte \d+ of dynamic shared memory"),
    ],
)
def test_a_missing_barrier_is_found_whatever_the_order(kernel: str, fault: str, reverse: bool) -> None:
    device = HostDevice(checked=True, reverse=reverse)
    module = device.load(SOURCE)
    module.launch(kernel, (1,), 64, [device.zeros(64), 1], shared=512)
    with pytest.raises(RuntimeError, match=fault):
        module.launch(kernel, (1,), 64, [device.zeros(64), 0], shared=512)


def test_blocks_that_write_the_same_number_are_found(device: HostDevice) -> None:
    module = device.load(SOURCE)
    module.launch("crowd", (1,), 32, [device.zeros(32)])
    with pytest.raises(RuntimeError, match="blocks 0 and 1 are both at byte 0 of argument 0"):
        module.launch("crowd", (2,), 32, [device.zeros(32)])
    with pytest.raises(RuntimeError, match="threads 0 and 1 of a block are both at byte 0 of argument 1"):
        module.launch("sum_to_one", (1,), 32, [device.zeros(32), device.zeros(1)])


def test_what_idle_lanes_read_must_be_there_as_well(device: HostDevice) -> None:
    module, out = device.load(SOURCE), device.zeros(8)
    places, values = device.put(np.arange(8, dtype=np.int32)), device.put(np.arange(8.0))
    module.launch("idle_lanes", (1,), 8, [8, places, values, out])
    assert np.array_equal(device.get(out), np.arange(8.0))
    fault = "thread 8 of block 0 reads outside of all arrays, 0 bytes from byte 32 of argument 1, its end"
    with pytest.raises(RuntimeError, match=fault):
        module.launch("idle_lanes", (1,), 32, [8, places, values, out])
    fault = "thread 4 of block 0 reads outside of all arrays, 0 bytes from byte 32 of argument 2"
    with pytest.raises(RuntimeError, match=fault):
        module.launch("idle_lanes", (1,), 8, [8, places, values[:4], out])


def test_numbers_lie_where_a_card_can_read_them(device: HostDevice) -> None:
    module, values = device.load(SOURCE), device.put(np.zeros(4, np.int32))
    module.launch("unpack", (1,), 1, [2, values, device.zeros(1)])
    with pytest.raises(RuntimeError, match="an address that is no multiple of 8 bytes"):
        module.launch("unpack", (1,), 1, [1, values, device.zeros(1)])


def test_launches_that_a_card_refuses(device: HostDevice) -> None:
    module, values = device.load(SOURCE), device.zeros(128)
    with pytest.raises(RuntimeError, match="a block of 128 threads is not what it is compiled for"):
        module.launch("alone", (1,), 128, [values, device.zeros(128)])
    with pytest.raises(RuntimeError, match="48640 bytes of shared memory beside 1024 need asking"):
        module.launch("alone", (1,), 64, [values, device.zeros(64)], shared=48 * 1024 - 512)
    with pytest.raises(RuntimeError, match="beside 1024 do not fit"):
        module.launch("alone", (1,), 64, [values, device.zeros(64)], shared=225 * 1024)
    module.launch("alone", (1,), 64, [values, device.zeros(64)], shared=200 * 1024)
    module.launch("alone", (1,), 64, [values[:64], values[64:]])
    with pytest.raises(RuntimeError, match="arguments 0 and 1 are at the same memory"):
        module.launch("alone", (1,), 64, [values, values[64:]])


@pytest.mark.parametrize(
    "contracted",
    [False, pytest.param(True, marks=pytest.mark.skipif(bool(contraction_missing()), reason="no FMA"))],
)
def test_products_and_sums_are_rounded_together_if_that_is_wanted(contracted: bool) -> None:
    device = HostDevice(contracted=contracted)
    out, x = device.empty(1), 1.0 + 2.0**-30
    device.load(SOURCE).launch("difference", (1,), 1, [x, x, x * x, out])
    assert device.get(out)[0] == (2.0**-60 if contracted else 0.0)


@pytest.mark.skipif(bool(contraction_missing()), reason="no FMA")
def test_functions_are_off_by_what_a_card_may_be() -> None:
    device, at = HostDevice(contracted=True), np.linspace(-3.0, 3.0, 64)
    out, expected = device.empty(64), np.exp(at)
    device.load(SOURCE).launch("grow", (1,), 64, [device.put(at), out])
    difference = device.get(out) - expected
    assert (difference != 0.0).any()
    assert (np.abs(difference) <= 2.0 * np.spacing(expected)).all()


def test_copies_that_are_put_aside_arrive_when_they_are_waited_for(device: HostDevice) -> None:
    pinned, usual = device.pinned(np.arange(4.0)), np.arange(4.0)
    with device.aside():
        late, at_once = device.put(pinned[1:]), device.put(usual)
        dropped = device.put(device.pinned(np.arange(2.0)))
    for use in (
        lambda: device.get(late),
        lambda: device.load(SOURCE).launch("crowd", (1,), 1, [at_once]),
    ):
        with pytest.raises(RuntimeError, match="before `join`"):
            use()
    pinned[1] = usual[1] = 7.0
    del dropped
    gc.collect()
    device.join()
    assert np.array_equal(device.get(late), [7.0, 2.0, 3.0])
    assert np.array_equal(device.get(at_once), [0.0, 1.0, 2.0, 3.0])
    with device.aside():
        held = device.put(device.pinned(np.arange(2.0)))
    gc.collect()
    with pytest.raises(RuntimeError, match="pinned memory is gone before the device has read it"):
        device.join()
    assert held.size == 2
