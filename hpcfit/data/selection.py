"""Which configurations of a dataset take part; the same for every rank count and on every machine."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import DataError
from hpcfit.suggest import suggestion

Indices = NDArray[np.int64]


def select_tags(tag: Sequence[str], wanted: Sequence[str] | None) -> Indices:
    """Ascending indices of the configurations whose `tag` (n,) is one of `wanted`; None takes all.

    Raises DataError for a wanted tag that no configuration has.
    """
    if wanted is None:
        return np.arange(len(tag), dtype=np.int64)
    known = sorted(set(tag))
    for name in wanted:
        if name not in known:
            raise DataError(f"no configuration has the tag {name!r}.{suggestion(name, filter(None, known))}")
    keep = set(wanted)
    return np.array([index for index, name in enumerate(tag) if name in keep], dtype=np.int64)


def named_tags(tag: Sequence[str], given: Sequence[str]) -> list[str]:
    """The tags that `given` texts name: each one tag, or several with commas between them."""
    known = set(tag)
    return [
        name
        for text in given
        for name in ([text] if text in known else [part.strip() for part in text.split(",")])
    ]


def split_test(identifier: Sequence[str], test_fraction: float, seed: int) -> tuple[Indices, Indices]:
    """Ascending indices (train, test) of a split in which round(test_fraction n), at least one, are test.

    Whether a configuration is test depends on `seed` and the identifiers only: those with the
    smallest SHA-256 of seed and identifier are, so neither order nor platform matter.
    Raises DataError when either part would be empty.
    """
    n = len(identifier)
    if not 0.0 < test_fraction < 1.0:
        raise DataError(f"test_fraction is {test_fraction}; write a number between 0 and 1, such as 0.1.")
    n_test = max(1, round(test_fraction * n))
    if n_test >= n:
        raise DataError(
            f"test_fraction {test_fraction} of {n} configurations leaves none to fit; write a smaller one."
        )
    test = np.sort(hash_order(identifier, seed)[:n_test])
    train = np.setdiff1d(np.arange(n, dtype=np.int64), test)
    return train, test


def hash_order(identifier: Sequence[str], seed: int) -> Indices:
    """Indices (n,) in the order of the SHA-256 of seed and identifier: random, and the same for ever."""
    keys = [hashlib.sha256(f"{seed}:{name}".encode()).digest() for name in identifier]
    return np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.int64)
