"""What the program asks of a graphics card, so that all else can run on a stand-in for one.

Kernels are CUDA C without headers. `hpcfit.devices.cuda` runs them on a card; the tests run the same texts
on the processor.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from hpcfit.errors import EXIT_INTERNAL, HpcfitError


class DeviceError(HpcfitError):
    """What befalls a device whatever the parameters are: no start of several has failed by itself then."""


class OutOfDeviceMemory(DeviceError):
    """An array that the device has no room for, or that it cannot have since it has failed before."""


class DeviceFault(DeviceError):
    """A device that has failed, so that nothing can be computed on it any more."""

    exit_code = EXIT_INTERNAL


class DeviceArray(Protocol):
    """An array on a device: contiguous in memory, the last index running fastest."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> np.dtype[Any]: ...
    @property
    def size(self) -> int: ...
    @property
    def nbytes(self) -> int: ...
    def reshape(self, *shape: int) -> DeviceArray:
        """The same memory in another shape."""

    def __getitem__(self, rows: slice) -> DeviceArray:
        """Consecutive rows (first index) of the same memory."""


#: what a kernel is called with
Argument = DeviceArray | int | float


class Module(Protocol):
    """Compiled kernels."""

    def launch(
        self, kernel: str, grid: tuple[int, ...], block: int, args: Sequence[Argument], shared: int = 0
    ) -> None:
        """Start a kernel; later work of the device, copies included, waits for it, the program does not.

        Args:
            grid: number of blocks by blockIdx.x, and perhaps .y and .z; nothing happens if one is 0.
            block: threads of a block.
            args: arrays as pointers, whole numbers as `long long`, floats as `double`.
            shared: bytes of `extern __shared__` memory.
        """


class Device(Protocol):
    """A graphics card: memory of its own, and kernels that work there one after the other.

    Attributes:
        launches: kernels that have been started.
        bytes_in: what has been copied to the device.
        bytes_out: what has been copied back.
        memory_limit: bytes that all arrays together may have; None for all that the device has.
    """

    launches: int
    bytes_in: int
    bytes_out: int
    memory_limit: int | None

    @property
    def name(self) -> str:
        """For messages, such as "NVIDIA H200 (0)"."""

    def put(self, host: NDArray[Any]) -> DeviceArray:
        """A copy on the device, of the same type and shape."""

    def pinned(self, host: NDArray[Any]) -> NDArray[Any]:
        """A copy on the host that `put` can read while the program goes on, if there is such memory."""

    def empty(self, shape: int | tuple[int, ...], dtype: DTypeLike = np.float64) -> DeviceArray:
        """An array of any content.

        Raises:
            OutOfDeviceMemory: there is no room for it (`put` and `zeros` raise it as well).
        """

    def zeros(self, shape: int | tuple[int, ...], dtype: DTypeLike = np.float64) -> DeviceArray:
        """An array of zeros."""

    def get(self, array: DeviceArray) -> NDArray[Any]:
        """A copy on the host, once all that was started before is done.

        Raises:
            DeviceFault: something of that has failed (`synchronize`, and all that starts work, raise it too).
        """

    def load(self, source: str) -> Module:
        """Kernels from CUDA C without headers, each `extern "C" __global__ void`; kept on disk."""

    def aside(self) -> AbstractContextManager[None]:
        """Copies by `put` within this run beside the kernels that are started later outside of it.

        What is put must not be used before `join`.
        """

    def join(self) -> None:
        """Work that is started from here on waits for what was put aside."""

    def synchronize(self) -> None:
        """Wait until all that was started is done."""

    def free_memory(self) -> int:
        """Bytes that can still be had."""

    def release_memory(self) -> None:
        """Give back to the system what is held for later use but in no array."""

    @property
    def shared_memory(self) -> int:
        """Bytes of shared memory that a block of threads can have."""

    @property
    def has_library(self) -> bool:
        """Whether there is linear algebra, for `triangle`, `gram` and `product`."""

    def triangle(self, rows: DeviceArray) -> DeviceArray:
        """R (n, n) of the QR factorization of rows (m, n), m >= n, by the device's library."""

    def gram(self, rows: DeviceArray) -> DeviceArray:
        """A^T A (n, n) of A (m, n), by the device's library."""

    def product(self, left: DeviceArray, right: DeviceArray) -> DeviceArray:
        """A B of A (m, k) and B (k, n), by the device's library."""
