"""A device whose memory is the host's and whose kernels run on the processor, with the faults of one.

Device arrays are not NumPy arrays, as those of a card are not; new memory is full of NaN; what a kernel
writes outside of its arrays is found; there may be a limit to the memory. With `reverse`, blocks and
threads run in the opposite order: results must be the same.
"""

from __future__ import annotations

import contextlib
import ctypes
import weakref
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from emulated.compiler import compiled
from hpcfit.devices.device import OutOfDeviceMemory

_GUARD = 64
_PATTERN = 0xA5
_POINTERS = {"D": np.float64, "F": np.float32, "I": np.int32, "Q": np.int64}
_LARGEST_GRID = (2**31 - 1, 65535, 65535)
_MOST_THREADS, _MOST_SHARED = 1024, 227 * 1024


class HostArray:
    """An array of the stand-in."""

    def __init__(self, owner: _Memory, data: NDArray[Any]) -> None:
        self._owner = owner
        self._data = data

    @property
    def shape(self) -> tuple[int, ...]:
        return self._data.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._data.dtype

    @property
    def size(self) -> int:
        return self._data.size

    @property
    def nbytes(self) -> int:
        return self._data.nbytes

    def reshape(self, *shape: int) -> HostArray:
        return HostArray(self._owner, self._data.reshape(*shape))

    def __getitem__(self, rows: slice) -> HostArray:
        part = self._data[rows]
        assert part.flags.c_contiguous
        return HostArray(self._owner, part)

    def __array__(self, *_: object, **__: object) -> NDArray[Any]:
        raise TypeError("an array on the device is not one of the host: use device.get(array)")

    def __len__(self) -> int:
        return len(self._data)


class _Memory:
    """The bytes of an array, between two guards that no kernel may touch."""

    def __init__(self, nbytes: int) -> None:
        self.bytes = np.full(nbytes + 2 * _GUARD, 0xFF, np.uint8)
        self.bytes[:_GUARD] = self.bytes[len(self.bytes) - _GUARD :] = _PATTERN

    @property
    def intact(self) -> bool:
        ends = self.bytes[:_GUARD], self.bytes[len(self.bytes) - _GUARD :]
        return all(bool((end == _PATTERN).all()) for end in ends)


class HostDevice:
    """See `hpcfit.devices.device.Device`.

    Args:
        memory_limit: bytes that all arrays together may have.
        reverse: run blocks and threads from the last to the first.

    Attributes:
        most_bytes: the largest number of bytes that were in arrays at one time.
        kernels: names of the kernels that were launched, in order.
    """

    name = "emulated"
    has_library = True
    shared_memory = _MOST_SHARED

    def __init__(self, memory_limit: int | None = None, *, reverse: bool = False) -> None:
        self.memory_limit, self.reverse = memory_limit, reverse
        self.launches = self.bytes_in = self.bytes_out = 0
        self.used = self.most_bytes = 0
        self.kernels: list[str] = []

    def empty(self, shape: int | tuple[int, ...], dtype: DTypeLike = np.float64) -> HostArray:
        nbytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
        if self.memory_limit is not None and self.used + nbytes > self.memory_limit:
            raise OutOfDeviceMemory(
                f"device {self.name}: {nbytes} bytes are wanted, and {self.free_memory()} are free."
            )
        owner = _Memory(nbytes)
        self.used += nbytes
        self.most_bytes = max(self.most_bytes, self.used)
        weakref.finalize(owner, self._give_back, nbytes)
        return HostArray(owner, owner.bytes[_GUARD : _GUARD + nbytes].view(dtype).reshape(shape))

    def _give_back(self, nbytes: int) -> None:
        self.used -= nbytes

    def zeros(self, shape: int | tuple[int, ...], dtype: DTypeLike = np.float64) -> HostArray:
        made = self.empty(shape, dtype)
        made._data[...] = 0
        return made

    def put(self, host: NDArray[Any]) -> HostArray:
        assert isinstance(host, np.ndarray)
        made = self.empty(host.shape, host.dtype)
        made._data[...] = host
        self.bytes_in += host.nbytes
        return made

    def pinned(self, host: NDArray[Any]) -> NDArray[Any]:
        return host.copy()

    def get(self, array: HostArray) -> NDArray[Any]:
        assert isinstance(array, HostArray)
        self.bytes_out += array.nbytes
        return array._data.copy()

    def load(self, source: str) -> HostModule:
        return HostModule(self, source)

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        yield

    def join(self) -> None:
        """Copies are done at once."""

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


class HostModule:
    """Kernels that were compiled for the processor."""

    def __init__(self, device: HostDevice, source: str, before: str = "") -> None:
        self._device = device
        self._library = compiled(source, before)

    def launch(
        self,
        kernel: str,
        grid: tuple[int, ...],
        block: int,
        args: Sequence[HostArray | int | float],
        shared: int = 0,
    ) -> None:
        """Run a kernel to its end.

        Raises:
            TypeError: arguments that are not those of the kernel.
            RuntimeError: what a card would leave undefined.
        """
        full = (*grid, 1, 1)[:3]
        if not (1 <= block <= _MOST_THREADS and 0 <= shared <= _MOST_SHARED):
            raise RuntimeError(f"{kernel}: {block} threads with {shared} bytes of shared memory do not fit")
        if any(count < 0 or count > most for count, most in zip(full, _LARGEST_GRID, strict=True)):
            raise RuntimeError(f"{kernel}: a grid of {full} blocks is too large")
        places = self._places(kernel, args)
        if 0 in full:
            return
        launch = getattr(self._library, f"emulated_launch_{kernel}")
        launch.restype = ctypes.c_char_p
        room = (ctypes.c_double * (shared // 8 + 1))()
        pointers = (ctypes.c_void_p * max(len(args), 1))(*map(ctypes.addressof, places))
        fault = launch(
            (ctypes.c_longlong * 3)(*full),
            ctypes.c_uint(block),
            ctypes.c_int(self._device.reverse),
            room,
            ctypes.c_longlong(shared),
            pointers,
        )
        self._device.launches += 1
        self._device.kernels.append(kernel)
        if fault:
            raise RuntimeError(f"{kernel}: {fault.decode()}")
        for number, arg in enumerate(args):
            if isinstance(arg, HostArray) and not arg._owner.intact:
                raise RuntimeError(f"{kernel}: argument {number} was written to outside of its array")

    def _places(self, kernel: str, args: Sequence[HostArray | int | float]) -> list[Any]:
        """The arguments as C has them, held to the kernel's own types."""
        letters = ctypes.create_string_buffer(256)
        getattr(self._library, f"emulated_letters_{kernel}")(letters)
        wanted = letters.value.decode()
        if len(wanted) != len(args):
            raise TypeError(f"{kernel}: {len(wanted)} arguments are wanted, {len(args)} given")
        return [
            _place(arg, letter, f"{kernel}: argument {number}")
            for number, (arg, letter) in enumerate(zip(args, wanted, strict=True))
        ]


def _place(arg: HostArray | int | float, letter: str, where: str) -> Any:
    if isinstance(arg, HostArray):
        if letter == "*" or _POINTERS.get(letter) != arg.dtype:
            raise TypeError(f"{where} is an array of {arg.dtype}, which the kernel does not take ({letter})")
        return ctypes.c_void_p(arg._data.ctypes.data)
    if isinstance(arg, bool | np.bool_) or not isinstance(arg, int | float | np.integer | np.floating):
        raise TypeError(f"{where} is a {type(arg).__name__}, no array of the device and no number")
    whole = isinstance(arg, int | np.integer)
    if letter != ("q" if whole else "d"):
        raise TypeError(
            f"{where} is {arg!r}, which the kernel does not take ({letter}); it must be long long or double"
        )
    return ctypes.c_longlong(int(arg)) if whole else ctypes.c_double(float(arg))
