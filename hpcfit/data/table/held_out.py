"""Which rows of a table are held out for testing: by the numbers of their lines, and nothing else."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import DataError
from hpcfit.suggest import counted

_GOLDEN, _FIRST, _SECOND = (
    np.uint64(0x9E3779B97F4A7C15),
    np.uint64(0xBF58476D1CE4E5B9),
    np.uint64(0x94D049BB133111EB),
)


def held_out(line: NDArray[np.int64], fraction: float, seed: int) -> NDArray[np.bool_]:
    """Whether each row is for testing: round(fraction n) rows are, but one at least.

    They are those whose lines have the smallest hashes, so that rows added at the end of a file move few
    others. Ranks and machines make no difference.

    Raises:
        DataError: none would be left to fit.
    """
    n = len(line)
    count = max(1, round(fraction * n))
    if count >= n:
        raise DataError(f"{fraction:g} of {counted(n, 'row')} leaves none to fit; write a smaller share.")
    test = np.zeros(n, dtype=bool)
    test[np.argsort(_hashes(line, seed), kind="stable")[:count]] = True
    return test


def _hashes(line: NDArray[np.int64], seed: int) -> NDArray[np.uint64]:
    """SplitMix64 of line and seed: G. L. Steele et al., OOPSLA 2014."""
    mixed = line.astype(np.uint64) + _mixed(np.array([seed % 2**64], dtype=np.uint64))
    return _mixed(mixed)


def _mixed(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    z = z * _GOLDEN + _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * _FIRST
    z = (z ^ (z >> np.uint64(27))) * _SECOND
    return z ^ (z >> np.uint64(31))
