"""What only a GPU can show of a CUDA device: its copies, its limit, its library."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np
import pytest

from hpcfit.devices.device import OutOfDeviceMemory

pytestmark = pytest.mark.gpu

TWICE = """
extern "C" __global__ void twice(long long n, const double *from, double *to)
{
    const long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) to[i] = 2.0 * from[i];
}
"""


@pytest.fixture
def device() -> Any:
    from hpcfit.devices.cuda import CudaDevice

    return CudaDevice()


def test_copies_aside_are_there_for_kernels_after_join(device: Any) -> None:
    n, module = 3_000_000, device.load(TWICE)
    expected = np.arange(n, dtype=np.float64)
    hosts = [device.pinned(expected + k) for k in range(3)]
    ahead = device.put(hosts[0])
    for k in range(30):
        placed = ahead
        device.join()
        with device.aside():  # into the memory of the one before, while kernels may still read that
            ahead = device.put(hosts[(k + 1) % 3])
        out = device.empty(n)
        for _ in range(10):
            module.launch("twice", (-(-n // 256),), 256, [n, placed, out])
        del placed
        np.testing.assert_array_equal(device.get(out), 2.0 * (expected + k % 3))


def test_numbers_arrive_though_their_host_array_is_gone(device: Any) -> None:
    placed = [device.put(np.full(1000, float(k))) for k in range(200)]
    for k, each in enumerate(placed):
        np.testing.assert_array_equal(device.get(each), np.full(1000, float(k)))


def test_a_limit_is_kept(device: Any) -> None:
    gc.collect()
    device.release_memory()
    held = device.free_memory()
    device.memory_limit = 50_000_000
    try:
        assert device.free_memory() <= min(held, 50_000_000)
        first = device.empty(5_000_000)
        with pytest.raises(OutOfDeviceMemory):
            device.empty(2_000_000)
        del first
        device.empty(6_000_000)
    finally:
        device.memory_limit = None


@pytest.mark.parametrize("shape", [(300, 300), (5000, 250), (7, 3)])
def test_r_is_that_of_lapack_up_to_signs(device: Any, shape: tuple[int, int]) -> None:
    if not device.has_library:
        pytest.skip(str(device.library_fault))
    rows = np.random.default_rng(0).normal(size=shape)
    found, expected = device.get(device.triangle(device.put(rows))), np.linalg.qr(rows, mode="r")
    signs = np.sign(np.diag(found) * np.diag(expected))
    np.testing.assert_allclose(signs[:, None] * found, expected, rtol=0, atol=1e-12 * shape[0])
    assert device.get(device.triangle(device.put(rows))).tobytes() == found.tobytes()
