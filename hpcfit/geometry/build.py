"""Neighbour lists by vesin, put into one canonical order.

vesin finds which atoms (and which periodic images) are neighbours; the bond vectors are
computed here from positions and shifts, element by element, so that their bits do not depend
on how configurations are grouped or on the cutoff.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import DataError
from hpcfit.geometry.bonds import Geometry, Structures
from hpcfit.geometry.cells import search_cells, search_cutoffs
from hpcfit.geometry.check import check_overlaps, check_structures

if TYPE_CHECKING:
    from vesin import NeighborList

# vesin's own distances may differ in the last bit; look a little further, then cut by ours.
_SEARCH_MARGIN = 1.0 + 1e-9
_SHORTEST_CUTOFF = 1e-5  # vesin refuses shorter ones


def build_geometry(
    structures: Structures, species: NDArray[np.int32], cutoff: float, *, allow_overlaps: bool = False
) -> Geometry:
    """All bonds up to `cutoff` (angstrom; 0 for no bonds) of all configurations.

    Positions need not be wrapped; directions may be periodic or not one by one; the cell may be
    left-handed, skewed and shorter than the cutoff. `species` (N,) is passed on.

    Raises:
        DataError: positions or cell not finite, periodic cell without volume, or (unless
            `allow_overlaps`) atoms on top of each other; it names the configuration and the atoms.
    """
    if not (np.isfinite(cutoff) and cutoff >= 0):
        raise DataError(f"a cutoff of {cutoff} angstrom cannot be used. Give a positive length")
    check_structures(structures, cutoff)
    first_atom = np.ascontiguousarray(structures.first_atom, dtype=np.int64)
    parts = list(_neighbors(structures, cutoff))
    counts, neighbor, vector = (np.concatenate([part[k] for part in parts] or [_EMPTY[k]]) for k in range(3))
    distance = np.sqrt(vector[:, 0] ** 2 + vector[:, 1] ** 2 + vector[:, 2] ** 2)
    inside = distance <= cutoff
    if not inside.all():
        centre = np.repeat(np.arange(len(counts)), counts)
        counts = np.bincount(centre[inside], minlength=len(counts))
        neighbor, vector, distance = neighbor[inside], vector[inside], distance[inside]
    first_bond = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=first_bond[1:])
    geometry = Geometry(
        first_atom=first_atom,
        species=np.ascontiguousarray(species, dtype=np.int32),
        volume=_volumes(structures.cell),
        first_bond=first_bond,
        neighbor=neighbor.astype(np.int32),
        vector=vector,
        distance=distance,
        cutoff=float(cutoff),
        structures=structures,
    )
    if not allow_overlaps:
        check_overlaps(geometry, structures.identifier)
    return geometry


_EMPTY = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 3)))


def _neighbors(
    structures: Structures, cutoff: float
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]]:
    """For each configuration: neighbours per atom, the neighbours, and the bond vectors."""
    from vesin import NeighborList

    if cutoff < _SHORTEST_CUTOFF:
        yield np.zeros(len(structures.position), np.int64), _EMPTY[1], _EMPTY[2]
        return
    position = np.ascontiguousarray(structures.position, dtype=np.float64)
    cells = search_cells(structures, cutoff)
    search = NeighborList(cutoff=cutoff, full_list=True, n_threads=1)
    for index, reach in enumerate(search_cutoffs(cells, cutoff * _SEARCH_MARGIN)):
        first, last = structures.first_atom[index], structures.first_atom[index + 1]
        search.cutoff = float(reach)
        counts, pairs, shift = _search_one(search, position[first:last], cells[index])
        vector = _bond_vectors(position[first:last], structures.cell[index], pairs, shift)
        yield counts, pairs[:, 1] + first, vector


def _search_one(
    search: NeighborList, position: NDArray[np.float64], cell: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:
    """Neighbours per atom, then the pairs (B, 2) and shifts (B, 3) of the image in canonical order."""
    natoms = len(position)
    found, shift = search.compute(position, cell, True, "PS", copy=False)
    pairs = found.astype(np.int64)
    order = _canonical_order(pairs, shift, natoms)
    return np.bincount(pairs[:, 0], minlength=natoms), pairs[order], shift[order]


def _canonical_order(pairs: NDArray[np.int64], shift: NDArray[np.int32], natoms: int) -> NDArray[np.int64]:
    """Order by centre, neighbour, then image; one integer key is several times faster than lexsort."""
    if not len(pairs):
        return np.zeros(0, dtype=np.int64)
    largest = int(np.abs(shift).max())
    base = 2 * largest + 1
    if natoms**2 * base**3 >= 2**62:
        return np.lexsort((shift[:, 2], shift[:, 1], shift[:, 0], pairs[:, 1], pairs[:, 0]))
    key = pairs[:, 0] * natoms + pairs[:, 1]
    for axis in range(3):
        key *= base
        key += shift[:, axis]
        key += largest
    return np.argsort(key)


def _bond_vectors(
    position: NDArray[np.float64],
    cell: NDArray[np.float64],
    pairs: NDArray[np.int64],
    shift: NDArray[np.int32],
) -> NDArray[np.float64]:
    """(B, 3) position of the neighbour's image minus that of the centre.

    Element by element, for a matrix product's bits would depend on its size.
    """
    vector = position[pairs[:, 1]]
    vector -= position[pairs[:, 0]]
    moved = shift[:, 0, None] * cell[0]
    moved += shift[:, 1, None] * cell[1]
    moved += shift[:, 2, None] * cell[2]
    vector += moved
    return vector


def _volumes(cell: NDArray[np.float64]) -> NDArray[np.float64]:
    """|det cell| (n,), angstrom^3; NaN where the three vectors span no volume."""
    volume = np.abs(np.einsum("ni,ni->n", cell[:, 0], np.cross(cell[:, 1], cell[:, 2])))
    return np.where(volume > 0.0, volume, np.nan)
