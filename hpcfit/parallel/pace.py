"""How fast the ranks of a run are beside each other, and hence how chunks are spread over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Pace:
    """Of the ranks of a communicator.

    Attributes:
        speeds: of each rank, in any unit; empty where all are alike.
        ranges: first chunk of every rank, and the end, as they were before; empty where nothing is known.
    """

    speeds: tuple[float, ...] = ()
    ranges: tuple[int, ...] = ()

    def speeds_of(self, size: int) -> FloatArray:
        """Of `size` ranks, shape (size,)."""
        return np.array(self.speeds or (1.0,) * size)

    def known_ranges(self, size: int, chunks: int) -> IntArray | None:
        """Those of before, if they are ranges of as many chunks for as many ranks."""
        ranges = np.array(self.ranges, dtype=np.int64)
        if len(ranges) != size + 1 or (ranges[0], ranges[-1]) != (0, chunks) or (np.diff(ranges) < 0).any():
            return None
        return ranges


#: of ranks of which nothing is known
ALIKE = Pace()


def paces(
    kinds: Sequence[str], work: Sequence[float], seconds: Sequence[float], before: Sequence[float] = ()
) -> tuple[float, ...]:
    """Work per second of each rank, the median over all ranks of its kind, so that it is no accident.

    A kind of which no rank had anything to do is as fast as it was, or else counts as the slowest.

    Args:
        kinds: what each rank computes on.
        work: what each rank did, in `seconds`.
        before: speeds that were measured earlier; empty where none were.
    """
    measured: dict[str, list[float]] = {}
    for kind, done, taken in zip(kinds, work, seconds, strict=True):
        if done > 0.0 and taken > 0.0:
            measured.setdefault(kind, []).append(done / taken)
    middle = {kind: float(np.median(found)) for kind, found in measured.items()}
    slowest = min(middle.values(), default=1.0)
    earlier = dict(zip(kinds, before or [slowest] * len(kinds), strict=True))
    return tuple(middle.get(kind, earlier[kind]) for kind in kinds)
