"""The median of numbers that are spread over ranks, to the last bit that of all of them together.

Finite doubles have the order of their bits read as whole numbers (those of negative ones turned around), so
that a number of a given rank is found digit by digit, by counting: sixteen bits at a time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.parallel.communicator import Communicator

FloatArray = NDArray[np.float64]

_DIGIT = 16
_SIGN = np.uint64(1 << 63)


def median(comm: Communicator, own: FloatArray) -> float | None:
    """The median of finite numbers, the mean of the middle two for an even count; None without any.

    Args:
        own: those of this rank.
    """
    total = sum(comm.allgather(len(own)))
    if not total:
        return None
    keys = _keys(own)
    low = _selected(comm, keys, (total - 1) // 2)
    return low if total % 2 else 0.5 * low + 0.5 * _selected(comm, keys, total // 2)


def median_absolute_deviation(comm: Communicator, own: FloatArray) -> float | None:
    """The median of |x - median(x)|; None without numbers."""
    middle = median(comm, own)
    return None if middle is None else median(comm, np.abs(own - middle))


def _keys(numbers: FloatArray) -> NDArray[np.uint64]:
    bits = (numbers + 0.0).view(np.uint64)
    return np.where(bits & _SIGN, ~bits, bits | _SIGN)


def _selected(comm: Communicator, keys: NDArray[np.uint64], place: int) -> float:
    """The number at a place of the sorted ones of all ranks."""
    found = 0
    for shift in range(64 - _DIGIT, -1, -_DIGIT):
        digits = (keys >> np.uint64(shift)) & np.uint64((1 << _DIGIT) - 1)
        own = np.bincount(digits.astype(np.int64), minlength=1 << _DIGIT)
        counts = np.cumsum(np.sum(comm.allgather(own), axis=0))
        digit = int(np.searchsorted(counts, place, side="right"))
        place -= int(counts[digit - 1]) if digit else 0
        keys = keys[digits == digit]
        found = found << _DIGIT | digit
    key = np.uint64(found)
    bits = key ^ _SIGN if key & _SIGN else ~key
    return float(np.array([bits], dtype=np.uint64).view(np.float64)[0])
