"""A device whose memory is the host's and whose kernels run on the processor, with the faults of one.

Device arrays are not NumPy arrays, as those of a card are not; new memory is full of NaN; what a kernel
writes outside of its arrays is found; copies made `aside` arrive as late as they may; there may be a limit to
the memory. With `reverse`, blocks and threads run in the opposite order: results must be the same. With
`checked`, every load and store is looked at (checks.h); with `contracted`, products and sums are rounded
together, and functions such as exp are off by some of the last digits (inexact.h).
$HPCFIT_STAND_IN="checked contracted" makes every stand-in so.
"""

from __future__ import annotations

import contextlib
import os
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from emulated.memory import HostArray, LateCopies, Memory
from emulated.module import MOST_SHARED, HostModule
from hpcfit.devices.device import OutOfDeviceMemory

_WANTED = os.environ.get("HPCFIT_STAND_IN", "").split()


class HostDevice:
    """See `hpcfit.devices.device.Device`.

    Args:
        memory_limit: bytes that all arrays together may have.
        reverse: run blocks and threads from the last to the first.
        checked: look at every load and store of kernels.
        contracted: round products and sums together, and functions otherwise than the processor.

    Attributes:
        most_bytes: the largest number of bytes that were in arrays at one time.
        kernels: names of the kernels that were launched, in order.
    """

    name = "emulated"
    has_library = True
    shared_memory = MOST_SHARED

    def __init__(
        self,
        memory_limit: int | None = None,
        *,
        reverse: bool = False,
        checked: bool = "checked" in _WANTED,
        contracted: bool = "contracted" in _WANTED,
    ) -> None:
        self.memory_limit, self.reverse = memory_limit, reverse
        self.checked, self.contracted = checked, contracted
        self.launches = self.bytes_in = self.bytes_out = 0
        self.used = self.most_bytes = 0
        self.kernels: list[str] = []
        self._is_aside = False
        self._late = LateCopies()

    def empty(self, shape: int | tuple[int, ...], dtype: DTypeLike = np.float64) -> HostArray:
        nbytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
        if self.memory_limit is not None and self.used + nbytes > self.memory_limit:
            raise OutOfDeviceMemory(
                f"device {self.name}: {nbytes} bytes are wanted, and {self.free_memory()} are free."
            )
        owner = Memory(nbytes)
        self.used += nbytes
        self.most_bytes = max(self.most_bytes, self.used)
        weakref.finalize(owner, self._give_back, nbytes)
        return HostArray(owner, owner.own.view(dtype).reshape(shape))

    def _give_back(self, nbytes: int) -> None:
        self.used -= nbytes

    def zeros(self, shape: int | tuple[int, ...], dtype: DTypeLike = np.float64) -> HostArray:
        made = self.empty(shape, dtype)
        made._data[...] = 0
        return made

    def put(self, host: NDArray[Any]) -> HostArray:
        assert isinstance(host, np.ndarray)
        made = self.empty(host.shape, host.dtype)
        if self._is_aside and host.size:
            self._late.add(made, host)
        else:
            made._data[...] = host
        self.bytes_in += host.nbytes
        return made

    def pinned(self, host: NDArray[Any]) -> NDArray[Any]:
        return self._late.pin(host)

    def get(self, array: HostArray) -> NDArray[Any]:
        assert isinstance(array, HostArray)
        if array._owner.late:
            raise RuntimeError("an array that was put aside is fetched before `join`")
        self.bytes_out += array.nbytes
        return array._data.copy()

    def load(self, source: str) -> HostModule:
        return HostModule(self, source)

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        self._is_aside = True
        try:
            yield
        finally:
            self._is_aside = False

    def join(self) -> None:
        """What was put aside arrives now, as late as on a card."""
        self._late.arrive()

    def synchronize(self) -> None:
        """Everything is done at once."""

    def free_memory(self) -> int:
        return 2**40 if self.memory_limit is None else self.memory_limit - self.used

    def release_memory(self) -> None:
        """Nothing is held back."""

    def triangle(self, rows: HostArray) -> HostArray:
        return self._made(np.linalg.qr(rows._data, mode="r"))

    def gram(self, rows: HostArray) -> HostArray:
        return self._made(rows._data.T @ rows._data)

    def product(self, left: HostArray, right: HostArray) -> HostArray:
        return self._made(left._data @ right._data)

    def _made(self, data: NDArray[Any]) -> HostArray:
        made = self.empty(data.shape, data.dtype)
        made._data[...] = data
        return made
