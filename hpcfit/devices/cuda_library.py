"""The QR factorization of cuSOLVER, called by hand.

CuPy's own compiles kernels for copies on the way, for which many of its versions want headers of a CUDA
toolkit that go with the compiler. Where libraries and compiler come as wheels, or from a cluster's module of
another version, there are none, and nothing here needs them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hpcfit.devices.device import Device, DeviceArray

_THREADS = 256
SOURCE = """
/* The transpose (n, m) of a matrix (m, n). */
extern "C" __global__ void turn(long long m, long long n, const double *from, double *to)
{
    const long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < m * n) to[i % n * m + i / n] = from[i];
}

/* R (n, n) by rows from what the factorization leaves, (n, m). */
extern "C" __global__ void upper(long long m, long long n, const double *from, double *to)
{
    const long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x, row = i / n, column = i % n;
    if (i < n * n) to[i] = row <= column ? from[column * m + row] : 0.0;
}
"""


def turned(device: Device, rows: DeviceArray) -> DeviceArray:
    """The transpose of a matrix."""
    m, n = rows.shape
    found = device.empty((n, m))
    device.load(SOURCE).launch("turn", (-(-m * n // _THREADS),), _THREADS, [m, n, rows, found])
    return found


def upper(device: Device, factored: DeviceArray) -> DeviceArray:
    """R (n, n) from columns (n, m) that hold it above the reflections, as LAPACK's dgeqrf leaves them."""
    n, m = factored.shape
    found = device.empty((n, n))
    device.load(SOURCE).launch("upper", (-(-n * n // _THREADS),), _THREADS, [m, n, factored, found])
    return found


def triangle(device: Device, cuda: Any, rows: DeviceArray) -> DeviceArray:
    """R (n, n) of the QR factorization of rows (m, n), m >= n.

    Args:
        cuda: CuPy's module of that name.

    Raises:
        Exception: as CuPy says that libraries are missing, or fail.
    """
    m, n = rows.shape
    solver, handle = cuda.cusolver, cuda.device.get_cusolver_handle()
    columns: Any = turned(device, rows)
    size = solver.dgeqrf_bufferSize(handle, m, n, columns.data.ptr, m)
    work: Any = device.empty(max(size, 1))
    factors: Any = device.empty(n)
    told: Any = device.empty(1, np.int32)
    places = columns.data.ptr, m, factors.data.ptr, work.data.ptr, size, told.data.ptr
    # Arrays that are let go of here are reused by later work of the same stream only.
    solver.dgeqrf(handle, m, n, *places)
    return upper(device, columns)
