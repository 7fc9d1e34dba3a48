"""Bonds that are searched once and then follow the atoms, as long as none has moved far.

L. Verlet, Phys. Rev. 159, 98 (1967): bonds are searched a skin farther than the cutoff, so that no bond
within the cutoff is missing before an atom has moved by half of the skin. Bonds stay in their canonical
order and their vectors are computed as at a search, so the predictions have the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import ConfigurationBlock
from hpcfit.geometry import OVERLAP_DISTANCE, Geometry, build_geometry

FloatArray = NDArray[np.float64]

#: angstrom: bonds of a crystal at room temperature are searched every few dozen steps
SKIN = 0.4


@dataclass(frozen=True)
class _Searched:
    """Bonds up to cutoff + skin, and where the atoms were.

    Attributes:
        centre: (B,) the atom that each bond starts from.
        shift: (B, 3) the neighbour's image in lattice vectors.
        jumps: bonds whose shift is not zero.
    """

    block: ConfigurationBlock
    geometry: Geometry
    centre: NDArray[np.int64]
    jumps: NDArray[np.int64]
    shift: FloatArray


class VerletList:
    """The bonds of one configuration at a time, for calls with positions that change little.

    Args:
        cutoff: angstrom.
    """

    def __init__(self, cutoff: float) -> None:
        self.cutoff = cutoff
        self._searched: _Searched | None = None

    def at(self, block: ConfigurationBlock, species: NDArray[np.int32]) -> Geometry:
        """The bonds of a block of one configuration, up to the cutoff and some longer ones.

        Args:
            species: the model's index of every atom's species, shape (natoms,).

        Raises:
            DataError: see `build_geometry`.
        """
        held = self._searched
        if held is not None and _follows(held, block, species):
            geometry = replace(_moved(held, block.position), structures=block)
            if geometry.distance.min(initial=np.inf) >= OVERLAP_DISTANCE:
                return geometry
        self._searched = None
        geometry = build_geometry(block, species, self.cutoff + SKIN)
        self._searched = _search(block, geometry)
        return geometry


def _follows(held: _Searched, block: ConfigurationBlock, species: NDArray[np.int32]) -> bool:
    """Whether no bond within the cutoff can be missing from those that are held."""
    before = held.block
    if not (
        np.array_equal(held.geometry.species, species)
        and np.array_equal(before.cell, block.cell)
        and np.array_equal(before.pbc, block.pbc)
    ):
        return False
    moved = block.position - before.position
    # Not finite is not small: the search says what is wrong.
    return bool(np.einsum("ni,ni->n", moved, moved).max(initial=0.0) < (0.5 * SKIN) ** 2)


def _search(block: ConfigurationBlock, geometry: Geometry) -> _Searched:
    centre = geometry.centre
    between = block.position[geometry.neighbor] - block.position[centre]
    # Open directions have no images; their lattice vectors, if there are any, must not be counted.
    periodic = np.where(block.pbc[0][:, None], block.cell[0], 0.0)
    shift = np.rint((geometry.vector - between) @ np.linalg.pinv(periodic))
    jumps = np.flatnonzero(shift.any(axis=1))
    # The positions are the caller's, who moves them.
    kept = replace(block, position=block.position.copy(), cell=block.cell.copy(), pbc=block.pbc.copy())
    return _Searched(kept, geometry, centre, jumps, shift[jumps])


def _moved(held: _Searched, position: FloatArray) -> Geometry:
    """The held bonds between atoms at `position`, by the arithmetic of the search, element by element."""
    cell = held.block.cell[0]
    vector = position[held.geometry.neighbor]
    vector -= position[held.centre]
    image = held.shift[:, 0, None] * cell[0]
    image += held.shift[:, 1, None] * cell[1]
    image += held.shift[:, 2, None] * cell[2]
    vector[held.jumps] += image
    distance = np.sqrt(vector[:, 0] ** 2 + vector[:, 1] ** 2 + vector[:, 2] ** 2)
    return replace(held.geometry, vector=vector, distance=distance)
