"""Cells in which a structure may be searched as if it were periodic in all directions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.geometry.bonds import Structures

_MAX_BOXES = 1e5


def search_cells(structures: Structures, cutoff: float) -> NDArray[np.float64]:
    """The cells (n, 3, 3), with lattice vectors of directions that are not periodic replaced.

    Their place is taken by vectors perpendicular to the periodic ones and so long that no
    image comes within the cutoff. vesin (0.6) can then treat all directions as periodic;
    searching open directions itself, it takes minutes for a long cutoff. Positions and cells
    must be finite.
    """
    cells = np.array(structures.cell, dtype=np.float64)
    for index in np.flatnonzero(~structures.pbc.all(axis=1)):
        periodic = structures.pbc[index]
        normals = _complement(cells[index, periodic])
        atoms = slice(structures.first_atom[index], structures.first_atom[index + 1])
        along = structures.position[atoms] @ normals.T
        length = np.ptp(along, axis=0) + 2.0 * cutoff + 1.0 if len(along) else np.ones(len(normals))
        cells[index, ~periodic] = length[:, None] * normals
    return cells


def _complement(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Orthonormal directions (3-k, 3) perpendicular to the k given ones."""
    if not len(vectors):
        return np.eye(3)
    _, _, basis = np.linalg.svd(vectors)
    return np.asarray(basis[len(vectors) :])


def search_cutoffs(cells: NDArray[np.float64], cutoff: float) -> NDArray[np.float64]:
    """Cutoffs (n,), no shorter than `cutoff`, at which vesin can search these cells.

    vesin (0.6) divides a cell into boxes as wide as the cutoff, and when they would be more than
    1e5, into fewer by the same factor in each direction. For a cell that is short in one
    direction and very long in others this factor leaves no box at all, and a division by zero
    ends the process. A longer cutoff needs fewer boxes.
    """
    heights = 1.0 / np.sqrt((np.linalg.inv(cells) ** 2).sum(axis=1))
    cutoffs = np.full(len(cells), cutoff)
    for _ in range(60):
        boxes = np.maximum(np.floor(heights / cutoffs[:, None]), 1.0)
        total = boxes.prod(axis=1)
        factor = np.cbrt(_MAX_BOXES / np.maximum(total, _MAX_BOXES))
        impossible = (factor < 1.0) & (boxes.min(axis=1, initial=np.inf) * factor < 2.0)
        if not impossible.any():
            break
        cutoffs[impossible] *= 1.5
    return cutoffs


def relative_volumes(cells: NDArray[np.float64]) -> NDArray[np.float64]:
    """|det cell| over the product of the edges (n,), 0 where an edge is missing."""
    edges = np.sqrt((cells**2).sum(axis=2)).prod(axis=1)
    relative = np.zeros(len(cells))
    np.divide(np.abs(np.linalg.det(cells)), edges, out=relative, where=edges > 0)
    return relative
