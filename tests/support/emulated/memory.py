"""Memory of the stand-in: arrays that are not NumPy arrays, and copies that arrive as late as they may."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_GUARD = 64
_PATTERN = 0xA5
#: bytes of which the address of new memory is a multiple, as on a card
ALIGNED = 256


class HostArray:
    """An array of the stand-in."""

    def __init__(self, owner: Memory, data: NDArray[Any]) -> None:
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


class Memory:
    """The bytes of an array, between two guards that no kernel may touch.

    Attributes:
        late: whether what was copied here has still to arrive.
    """

    def __init__(self, nbytes: int) -> None:
        self.bytes = np.full(nbytes + 2 * _GUARD + ALIGNED, 0xFF, np.uint8)
        self._first = _GUARD + -(self.bytes.ctypes.data + _GUARD) % ALIGNED
        self._last = self._first + nbytes
        self.late = False
        for guard in self._guards:
            guard[...] = _PATTERN

    @property
    def own(self) -> NDArray[np.uint8]:
        return self.bytes[self._first : self._last]

    @property
    def _guards(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        first, last = self._first, self._last
        return self.bytes[first - _GUARD : first], self.bytes[last : last + _GUARD]

    @property
    def intact(self) -> bool:
        return all(bool((guard == _PATTERN).all()) for guard in self._guards)


class LateCopies:
    """Copies that are on their way: they may arrive when it is waited for them, and not before."""

    def __init__(self) -> None:
        self._copies: list[_Late] = []
        self._pinned: weakref.WeakValueDictionary[int, NDArray[Any]] = weakref.WeakValueDictionary()

    def pin(self, host: NDArray[Any]) -> NDArray[Any]:
        """A copy that is read when a copy of it arrives; of other memory it is read at once."""
        made = np.array(host, order="C")
        self._pinned[id(made)] = made
        return made

    def add(self, to: HostArray, host: NDArray[Any]) -> None:
        """`to` will be what `host` holds."""
        to._owner.late = True
        self._copies.append(_Late(weakref.ref(to._owner), to._data, self._reader(host)))

    def arrive(self) -> None:
        """All of them, where there still is what they are for."""
        for copy in self._copies:
            owner = copy.owner()
            if owner is not None:
                copy.to[...] = copy.read()
                owner.late = False
        self._copies.clear()

    def _reader(self, host: NDArray[Any]) -> Callable[[], NDArray[Any]]:
        base: Any = host
        while base is not None and id(base) not in self._pinned:
            base = getattr(base, "base", None)
        if base is None:
            held = host.copy()
            return lambda: held
        pinned, shape, dtype, strides = weakref.ref(base), host.shape, host.dtype, host.strides
        offset = host.ctypes.data - base.ctypes.data

        def read() -> NDArray[Any]:
            there = pinned()
            if there is None:
                raise RuntimeError("pinned memory is gone before the device has read it")
            return np.ndarray(shape, dtype, there, offset, strides)

        return read


@dataclass(frozen=True)
class _Late:
    owner: weakref.ref[Memory]
    to: NDArray[Any]
    read: Callable[[], NDArray[Any]]
