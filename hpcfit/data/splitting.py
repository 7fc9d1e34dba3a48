"""Dividing a dataset into training and test: which configuration goes where.

By fraction is as a job's test_fraction does it. Farthest-point sampling (Gonzalez, Theor. Comput.
Sci. 38, 293, 1985) takes for training what differs most from what was taken already.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hpcfit.data.configuration import Floats
from hpcfit.data.header import DatasetHeader
from hpcfit.data.selection import Indices, hash_order, select_tags, split_test
from hpcfit.errors import DataError

Parts = tuple[Indices, Indices]


def by_fraction(dataset: DatasetHeader, fraction: float, seed: int) -> Parts:
    """Ascending indices (train, test), the same as of a job with this test_fraction and seed."""
    _check_fraction(fraction)
    return split_test(dataset.identifiers, fraction, seed)


def by_fraction_of_each_tag(dataset: DatasetHeader, fraction: float, seed: int) -> Parts:
    """As by_fraction, but round(fraction n) of the n configurations of each tag are test."""
    _check_fraction(fraction)
    order = hash_order(dataset.identifiers, seed)
    names, place = np.unique(np.array(dataset.tags), return_inverse=True)
    of_each = [order[place[order] == tag] for tag in range(len(names))]
    test = [own[: round(fraction * len(own))] for own in of_each]
    return _parts(dataset, np.concatenate([order[:0], *test]), f"--fraction {fraction:g} of each tag")


def by_tag(dataset: DatasetHeader, tags: Sequence[str]) -> Parts:
    """Ascending indices (train, test): test are the configurations with one of `tags`."""
    return _parts(dataset, select_tags(dataset.tags, tags), f"--tags {','.join(tags)}")


def by_farthest_points(dataset: DatasetHeader, n_train: int) -> Parts:
    """Ascending indices (train, test): the `n_train` configurations that cover the dataset best.

    Each is a point (energy per atom, volume per atom), both divided by their standard deviations; of
    a dataset without any cells, the energy alone. The first is the one next to the mean, each next
    one that whose nearest among those taken is farthest away. Equals are taken in the order of their
    identifiers, so that the order in the file does not matter.
    """
    if not 1 <= n_train < len(dataset):
        raise DataError(
            f"{dataset.path}: {n_train} of {len(dataset)} configurations for training leave none for one of "
            f"the parts; take 1 to {len(dataset) - 1}."
        )
    by_name = np.array(sorted(range(len(dataset)), key=dataset.identifiers.__getitem__), dtype=np.int64)
    taken = by_name[farthest_points(_points(dataset)[by_name], n_train)]
    return np.sort(taken), np.setdiff1d(by_name, taken)


def kept(n: int, fraction: float) -> int:
    """How many of `n` configurations are left for training when round(fraction n), at least one, are not."""
    _check_fraction(fraction)
    return n - max(1, round(fraction * n))


def farthest_points(points: Floats, count: int) -> Indices:
    """Indices (count,) of `points` (n, d), as they are taken: next to the mean, then ever the farthest."""
    taken = np.empty(count, dtype=np.int64)
    taken[0] = np.argmin(_squares(points, points.mean(axis=0)))
    nearest = _squares(points, points[taken[0]])
    nearest[taken[0]] = -1.0
    for place in range(1, count):
        # What is taken lies at -1, below the distance 0 of its equals.
        taken[place] = np.argmax(nearest)
        np.minimum(nearest, _squares(points, points[taken[place]]), out=nearest)
        nearest[taken[place]] = -1.0
    return taken


def _points(dataset: DatasetHeader) -> Floats:
    columns = {"energy": dataset.energies / dataset.natoms}
    if not np.isnan(dataset.volumes).all():
        columns["cell volume"] = dataset.volumes / dataset.natoms
    for name, values in columns.items():
        missing = np.flatnonzero(np.isnan(values))
        if len(missing):
            raise DataError(
                f"{dataset.path}: configuration {dataset.identifiers[missing[0]]} has no {name}"
                f"{f', {len(missing) - 1} more neither' if len(missing) > 1 else ''}; "
                "farthest points need it of all. Split by fraction or tag instead."
            )
    made = np.stack(list(columns.values()), axis=1)
    spread = made.std(axis=0)
    return made / np.where(spread > 0.0, spread, 1.0)


def _squares(points: Floats, center: Floats) -> Floats:
    away = points - center
    made: Floats = np.einsum("nd,nd->n", away, away)
    return made


def _check_fraction(fraction: float) -> None:
    if not 0.0 < fraction < 1.0:
        raise DataError(f"--fraction {fraction:g}: write a number between 0 and 1, such as 0.1.")


def _parts(dataset: DatasetHeader, test: Indices, what: str) -> Parts:
    train = np.setdiff1d(np.arange(len(dataset), dtype=np.int64), test)
    for part, name in ((train, "training"), (test, "testing")):
        if not len(part):
            raise DataError(f"{dataset.path}: {what} leaves no configuration for {name}.")
    return train, np.sort(test)
