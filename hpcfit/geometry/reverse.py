"""Of every bond the one that goes back, which sums over an atom's incoming bonds are read by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.geometry.bonds import Geometry
from hpcfit.linalg.compiled import compiled

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


def reverse_bonds(geometry: Geometry) -> IntArray:
    """For each bond the number of the one from the neighbour to the centre by the opposite vector, (B,)."""
    found = np.empty(len(geometry.distance), np.int64)
    _find(geometry.first_bond, geometry.neighbor, geometry.vector, found)
    return found


@compiled
def _find(first_bond: IntArray, neighbor: NDArray[np.int32], vector: FloatArray, found: IntArray) -> None:
    for atom in range(len(first_bond) - 1):
        for bond in range(first_bond[atom], first_bond[atom + 1]):
            there = neighbor[bond]
            # The neighbours of an atom are sorted: look for the first bond back, then among its images.
            low, high = first_bond[there], first_bond[there + 1]
            end = high
            while low < high:
                middle = (low + high) // 2
                if neighbor[middle] < atom:
                    low = middle + 1
                else:
                    high = middle
            least, best = np.inf, -1
            while low < end and neighbor[low] == atom:
                away = 0.0
                for axis in range(3):
                    away += (vector[low, axis] + vector[bond, axis]) ** 2
                if away < least:
                    least, best = away, low
                if least == 0.0:
                    break
                low += 1
            found[bond] = best
