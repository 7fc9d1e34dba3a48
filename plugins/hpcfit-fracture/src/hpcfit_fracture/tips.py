"""Where crack tips are, told from the positions alone.

An atom with fewer neighbours than in the bulk lies on a crack face. Faces that are near each other belong
to one crack; it is put together across periodic boundaries, and its tips are its outermost atoms along the
direction in which the crack grows, at either end. A crack that goes on for ever through a periodic
boundary, such as a free surface, has no tip in that direction.
"""

from __future__ import annotations

import numpy as np
from hpcfit.data import Configuration, gather
from hpcfit.geometry import Geometry, build_geometry
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: atoms this much behind the outermost one (angstrom) belong to the same tip line
_DEPTH = 1.0


def find_tips(
    configuration: Configuration, growth: FloatArray, bond: float, neighbors: int, reach: float
) -> IntArray:
    """Indices of the atoms at crack tips, ascending.

    Args:
        growth: direction in which the crack grows, shape (3,), any length.
        bond: atoms within this distance (angstrom) are neighbours.
        neighbors: of an atom in the bulk.
        reach: face atoms within this distance (angstrom) belong to the same crack.
    """
    geometry = bonds_of(configuration, max(bond, reach))
    centre = np.repeat(np.arange(configuration.natoms), np.diff(geometry.first_bond))
    coordination = np.bincount(centre[geometry.distance <= bond], minlength=configuration.natoms)
    on_face = coordination < neighbors
    along = growth / np.linalg.norm(growth)
    found: list[int] = []
    for members, places in _cracks(geometry, centre, on_face, reach, along):
        outer = (places > places.max() - _DEPTH) | (places < places.min() + _DEPTH)
        found += members[outer].tolist()
    return np.array(sorted(found), dtype=np.int64)


def bonds_of(configuration: Configuration, cutoff: float) -> Geometry:
    """All pairs of atoms and periodic images up to `cutoff` (angstrom)."""
    return build_geometry(gather([configuration]), np.zeros(configuration.natoms, dtype=np.int32), cutoff)


def _cracks(
    geometry: Geometry, centre: IntArray, on_face: NDArray[np.bool_], reach: float, along: FloatArray
) -> list[tuple[IntArray, FloatArray]]:
    """For each crack with an end: its atoms, and their places (angstrom) along the growth direction."""
    place: dict[int, float] = {}
    cracks = []
    for start in np.flatnonzero(on_face).tolist():
        if start in place:
            continue
        place[start], members, endless = 0.0, [start], False
        for atom in members:  # grows while it is walked through
            for k in range(geometry.first_bond[atom], geometry.first_bond[atom + 1]):
                other = int(geometry.neighbor[k])
                if not on_face[other] or geometry.distance[k] > reach:
                    continue
                there = place[atom] + float(geometry.vector[k] @ along)
                if other not in place:
                    place[other] = there
                    members.append(other)
                # Reached once more at another place: the crack meets its own image.
                endless = endless or abs(there - place[other]) > 1e-6
        if not endless:
            cracks.append((np.array(members), np.array([place[atom] for atom in members])))
    return cracks
