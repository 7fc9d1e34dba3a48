"""Which starts have ended in the same minimum."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from hpcfit.optimize.multistart.record import StartRecord


@dataclass(frozen=True)
class Minimum:
    """A minimum, and the starts that have ended there.

    Attributes:
        cost: the lowest of theirs; the starts are in the order of theirs.
    """

    cost: float
    starts: tuple[int, ...]


def distinct_minima(records: Iterable[StartRecord], tolerance: float) -> list[Minimum]:
    """The minima that converged fits have found, lowest first.

    Two are one when no parameter differs by more than `tolerance` of the larger of both, or of a millionth
    of the largest that any fit has found for it, so that zeros are equal.
    """
    ordered = sorted((each for each in records if each.converged), key=lambda each: (each.cost, each.number))
    if not ordered:
        return []
    table = np.array([each.theta for each in ordered]).reshape(len(ordered), -1)
    floor = 1e-6 * np.abs(table).max(axis=0)
    groups: list[list[int]] = []
    for k, theta in enumerate(table):
        for group in groups:
            first = table[group[0]]
            size = np.maximum(np.maximum(np.abs(theta), np.abs(first)), floor)
            if (np.abs(theta - first) <= tolerance * size).all():
                group.append(k)
                break
        else:
            groups.append([k])
    return [Minimum(ordered[group[0]].cost, tuple(ordered[k].number for k in group)) for group in groups]
