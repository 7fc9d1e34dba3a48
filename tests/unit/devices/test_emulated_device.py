"""The stand-in for a graphics card keeps the promises that tests of kernels rely on."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from emulated import HostDevice, compiler_missing

from hpcfit.devices.device import OutOfDeviceMemory

pytestmark = pytest.mark.skipif(compiler_missing() is not None, reason=str(compiler_missing()))

SOURCE = """
extern "C" __global__ void indices(long long n, long long columns, double *out)
{
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x, k = blockIdx.y;
    if (i < n) out[k * n + i] = 1000.0 * k + i + 0.5 * (gridDim.y == columns);
}

extern "C" __global__ void __launch_bounds__(256) reversed_blocks(const double *__restrict__ in, double *out)
{
    extern __shared__ double staged[];
    __shared__ double sums[4];
    int t = threadIdx.x, first = blockIdx.x * blockDim.x;
    staged[t] = in[first + t];
    if (t < 4) sums[t] = 0.0;
    __syncthreads();
    double mirrored = staged[blockDim.x - 1 - t];
    __syncthreads();
    if (t == 0)
        for (int i = 0; i < blockDim.x; i++) sums[0] += staged[i];
    __syncthreads();
    out[first + t] = mirrored + sums[0];
}

__device__ __forceinline__ double warp_sum(double x)
{
    for (int step = 16; step > 0; step /= 2) x += __shfl_down_sync(0xffffffffu, x, step);
    return __shfl_sync(0xffffffffu, x, 0);
}

extern "C" __global__ void sums_of_warps(const double *in, double *out, double factor)
{
    int t = threadIdx.x;
    double total = warp_sum(in[t]);
    double of_eight = in[t];
    for (int step = 4; step > 0; step /= 2) of_eight += __shfl_xor_sync(0xffffffffu, of_eight, step, 8);
    int before = __shfl_up_sync(0xffffffffu, t, 1);
    __syncwarp();
    unsigned odd = __ballot_sync(0xffffffffu, t & 1);
    out[t] = factor * total;
    out[blockDim.x + t] = of_eight;
    out[2 * blockDim.x + t] = before;
    out[3 * blockDim.x + t] = odd;
}

extern "C" __global__ void neighbours_too_early(double *out)
{
    __shared__ double staged[64];
    staged[threadIdx.x] = threadIdx.x;
    out[threadIdx.x] = staged[63 - threadIdx.x];
}

extern "C" __global__ void lonely_barrier(double *out)
{
    if (threadIdx.x < 40) __syncthreads();
    else { out[threadIdx.x] = 1.0; __syncthreads(); }
}

extern "C" __global__ void missing_lane(double *out)
{
    if (threadIdx.x > 20) return;
    out[threadIdx.x] = __shfl_xor_sync(0xffffffffu, 1.0, 16);
}

extern "C" __global__ void beyond(double *out, long long where) { out[where] = 1.0; }

extern "C" __global__ void small_number(int n) {}
"""


@pytest.fixture(params=[False, True], ids=["forwards", "backwards"])
def device(request: pytest.FixtureRequest) -> HostDevice:
    return HostDevice(reverse=request.param)


def test_threads_find_their_place_in_a_grid_of_two_dimensions(device: HostDevice) -> None:
    out = device.empty((3, 100))
    device.load(SOURCE).launch("indices", (4, 3), 32, [100, 3, out])
    expected = 1000.0 * np.arange(3)[:, None] + np.arange(100) + 0.5
    assert np.array_equal(device.get(out), expected)
    assert device.launches == 1


def test_barriers_let_threads_read_what_others_put_into_shared_memory(device: HostDevice) -> None:
    data = np.arange(512.0)
    out = device.empty(512)
    module = device.load(SOURCE)
    module.launch("reversed_blocks", (2,), 256, [device.put(data), out], shared=8 * 256)
    blocks = data.reshape(2, 256)
    expected = blocks[:, ::-1] + blocks.sum(axis=1)[:, None]
    assert np.array_equal(device.get(out), expected.ravel())


def test_shuffles_and_votes_are_those_of_a_warp(device: HostDevice) -> None:
    data = np.arange(64.0) ** 2
    out = device.empty((4, 64))
    device.load(SOURCE).launch("sums_of_warps", (1,), 64, [device.put(data), out, 0.5])
    found = device.get(out)
    assert np.array_equal(found[0], np.repeat(0.5 * data.reshape(2, 32).sum(axis=1), 32))
    assert np.array_equal(found[1], np.repeat(data.reshape(8, 8).sum(axis=1), 8))
    before = np.arange(64.0) - 1
    before[[0, 32]] = 0, 32
    assert np.array_equal(found[2], before)
    assert np.array_equal(found[3], np.full(64, float(0xAAAAAAAA)))


def test_a_missing_barrier_shows_as_nan(device: HostDevice) -> None:
    out = device.empty(64)
    device.load(SOURCE).launch("neighbours_too_early", (1,), 64, [out])
    assert np.isnan(device.get(out)).any()


@pytest.mark.parametrize(
    ("kernel", "threads", "fault"),
    [
        ("lonely_barrier", 64, "threads of a block wait at lines 54 and 55"),
        ("missing_lane", 32, "lane 5 reads from lane 21, which takes no part"),
    ],
)
def test_what_a_card_leaves_undefined_is_said(kernel: str, threads: int, fault: str) -> None:
    device = HostDevice()
    with pytest.raises(RuntimeError, match=fault):
        device.load(SOURCE).launch(kernel, (1,), threads, [device.zeros(64)])


def test_what_is_written_beside_an_array_is_found() -> None:
    device = HostDevice()
    with pytest.raises(RuntimeError, match="beyond: argument 0 was written to outside of its array"):
        device.load(SOURCE).launch("beyond", (1,), 1, [device.empty(4), 4])


def test_arguments_are_held_to_the_types_of_the_kernel() -> None:
    device = HostDevice()
    module = device.load(SOURCE)
    with pytest.raises(TypeError, match=r"argument 1 is 1\.0, which the kernel does not take"):
        module.launch("beyond", (1,), 1, [device.empty(4), 1.0])
    with pytest.raises(TypeError, match="argument 0 is an array of int32"):
        module.launch("beyond", (1,), 1, [device.empty(4, np.int32), 1])
    with pytest.raises(TypeError, match="argument 0 is a ndarray, no array of the device"):
        module.launch("beyond", (1,), 1, [np.zeros(4), 1])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="2 arguments are wanted, 1 given"):
        module.launch("beyond", (1,), 1, [device.empty(4)])
    with pytest.raises(TypeError, match="must be long long or double"):
        module.launch("small_number", (1,), 1, [1])


def test_memory_is_limited_and_given_back() -> None:
    device = HostDevice(memory_limit=1000)
    held = device.zeros(100)
    with pytest.raises(OutOfDeviceMemory, match=r"device emulated: 240 bytes are wanted, and 200 are free\."):
        device.empty(30)
    view = held[:50]
    del held
    gc.collect()
    assert device.free_memory() == 200
    del view
    gc.collect()
    assert device.free_memory() == 1000
    assert device.most_bytes == 800


def test_new_memory_is_nan_and_arrays_are_not_those_of_the_host() -> None:
    device = HostDevice()
    made = device.empty((2, 3))
    assert np.isnan(device.get(made)).all()
    with pytest.raises(TypeError, match=r"use device.get\(array\)"):
        np.asarray(made)
    host = np.arange(6, dtype=np.int32).reshape(2, 3)
    placed = device.put(host)
    host[:] = 0
    assert np.array_equal(device.get(placed[1:]), [[3, 4, 5]])
    assert (device.bytes_in, device.bytes_out) == (24, 48 + 12)
