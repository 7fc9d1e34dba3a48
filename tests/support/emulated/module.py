"""Launches on the stand-in, with all that a card would refuse."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from itertools import combinations
from typing import Protocol

import numpy as np

from emulated.compiler import Kernel, compiled, kernels_of, line_at
from emulated.memory import ALIGNED, HostArray

_POINTERS = {"D": np.float64, "F": np.float32, "I": np.int32, "Q": np.int64}
_LARGEST_GRID = (2**31 - 1, 65535, 65535)
_MOST_THREADS, MOST_SHARED = 1024, 227 * 1024
#: bytes of shared memory that a block has without asking, and what devices/cuda.py leaves if it asks
_USUAL_SHARED, _LEFT_SHARED = 48 * 1024, 4096


class _Options(Protocol):
    """What a launch asks of the device, and counts."""

    reverse: bool
    checked: bool
    contracted: bool
    launches: int
    kernels: list[str]


class HostModule:
    """Kernels that were compiled for the processor."""

    def __init__(self, device: _Options, source: str, before: str = "") -> None:
        self._device = device
        options = {"checked": device.checked, "contracted": device.contracted}
        self._library, self._path = compiled(source, before, **options)
        self._kernels = kernels_of(source)

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
            RuntimeError: what a card would refuse or leave undefined.
        """
        full = (*grid, 1, 1)[:3]
        self._check_limits(kernel, full, block, shared)
        places = self._places(kernel, args)
        _check_promises(self._kernels[kernel], args)
        if 0 in full:
            return
        fault = self._run(kernel, full, block, places, args, shared)
        self._device.launches += 1
        self._device.kernels.append(kernel)
        if fault:
            raise RuntimeError(f"{kernel}: {fault}")
        for number, arg in enumerate(args):
            if isinstance(arg, HostArray) and not arg._owner.intact:
                raise RuntimeError(f"{kernel}: argument {number} was written to outside of its array")

    def _run(
        self,
        kernel: str,
        grid: tuple[int, ...],
        block: int,
        places: Sequence[int | float],
        args: Sequence[HostArray | int | float],
        shared: int,
    ) -> str:
        launch = getattr(self._library, f"emulated_launch_{kernel}")
        launch.restype = ctypes.c_char_p
        room = np.zeros(shared + ALIGNED, np.uint8)
        dynamic = ctypes.c_void_p(room.ctypes.data + -room.ctypes.data % ALIGNED)
        size, count = ctypes.c_longlong(shared), ctypes.c_uint(len(places))
        values = np.array([_bits(place) for place in places], np.int64)
        given = values.ctypes.data_as(ctypes.c_void_p)
        if self._device.checked:
            sizes = np.array([arg.nbytes if isinstance(arg, HostArray) else 0 for arg in args], np.int64)
            self._library.emulated_regions(count, given, sizes.ctypes.data_as(ctypes.c_void_p), dynamic, size)
        fault = launch(
            (ctypes.c_longlong * 3)(*grid),
            ctypes.c_uint(block),
            ctypes.c_int(self._device.reverse),
            dynamic,
            size,
            count,
            given,
        ).decode()
        if self._device.checked:
            self._library.emulated_done()
            self._library.emulated_fault_place.restype = ctypes.c_longlong
            fault += line_at(self._path, self._library.emulated_fault_place()) if fault else ""
        return str(fault)

    def _check_limits(self, kernel: str, grid: tuple[int, ...], block: int, shared: int) -> None:
        most, fixed = (ctypes.c_longlong * 2)(), MOST_SHARED - _LEFT_SHARED
        getattr(self._library, f"emulated_limits_{kernel}")(most)
        if not 1 <= block <= (most[0] or _MOST_THREADS):
            raise RuntimeError(f"{kernel}: a block of {block} threads is not what it is compiled for")
        if shared < 0 or max(shared, most[1] + shared - _LEFT_SHARED) > fixed:
            raise RuntimeError(f"{kernel}: {shared} bytes of shared memory beside {most[1]} do not fit")
        if shared <= _USUAL_SHARED < most[1] + shared:
            raise RuntimeError(f"{kernel}: {shared} bytes of shared memory beside {most[1]} need asking")
        if any(count < 0 or count > largest for count, largest in zip(grid, _LARGEST_GRID, strict=True)):
            raise RuntimeError(f"{kernel}: a grid of {grid} blocks is too large")

    def _places(self, kernel: str, args: Sequence[HostArray | int | float]) -> list[int | float]:
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


def _check_promises(kernel: Kernel, args: Sequence[HostArray | int | float]) -> None:
    """Memory that is said to be of one argument alone (`__restrict__`), if anything is written there.

    Raises:
        RuntimeError: another argument is there too: a card may read it before it is written, or after.
    """
    spans = sorted(
        (arg._data.ctypes.data, arg._data.ctypes.data + arg.nbytes, number)
        for number, arg in enumerate(args)
        if isinstance(arg, HostArray) and arg.nbytes
    )
    for (_, end, one), (begin, _, other) in combinations(spans, 2):
        written = kernel.written[one] or kernel.written[other]
        promised = kernel.promises[one] or kernel.promises[other]
        if begin < end and written and promised:
            raise RuntimeError(f"{kernel.name}: arguments {one} and {other} are at the same memory")


def _bits(place: int | float) -> int:
    """Eight bytes as a whole number."""
    return place if isinstance(place, int) else int(np.float64(place).view(np.int64))


def _place(arg: HostArray | int | float, letter: str, where: str) -> int | float:
    if isinstance(arg, HostArray):
        if letter == "*" or _POINTERS.get(letter) != arg.dtype:
            raise TypeError(f"{where} is an array of {arg.dtype}, which the kernel does not take ({letter})")
        if arg._owner.late:
            raise RuntimeError(f"{where} was put aside and is used before `join`")
        return int(arg._data.ctypes.data) if arg.size else 0
    if isinstance(arg, bool | np.bool_) or not isinstance(arg, int | float | np.integer | np.floating):
        raise TypeError(f"{where} is a {type(arg).__name__}, no array of the device and no number")
    whole = isinstance(arg, int | np.integer)
    if letter != ("q" if whole else "d"):
        raise TypeError(
            f"{where} is {arg!r}, which the kernel does not take ({letter}); it must be long long or double"
        )
    return int(arg) if whole else float(arg)
