"""What is wrong with a structure: found before vesin sees it, which NaN or a flat cell would crash."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import DataError
from hpcfit.geometry.bonds import Geometry, Structures

#: atoms closer than this (angstrom) are one atom given twice
OVERLAP_DISTANCE = 0.01
#: more periodic images than this within the cutoff mean a wrong unit of length
_MAX_IMAGES = 1_000_000
#: a cell is flat when its volume is this small compared with the product of its edges
_FLAT = 1e-9
_SHOWN = 10


def check_structures(structures: Structures, cutoff: float = 0.0) -> None:
    """Raise DataError naming every configuration (the first ten) that has no usable geometry."""
    _raise(_structure_faults(structures, cutoff))


def check_overlaps(geometry: Geometry, identifier: Sequence[str]) -> None:
    """Raise DataError naming configurations and atoms that lie on top of each other."""
    _raise(_overlaps(geometry, identifier))


def _overlaps(geometry: Geometry, identifier: Sequence[str]) -> Iterator[str]:
    bonds = np.flatnonzero(geometry.distance < OVERLAP_DISTANCE)
    if not len(bonds):
        return
    centres, neighbors = geometry.centre[bonds], geometry.neighbor[bonds]
    named: set[int] = set()
    for bond, centre, neighbor in zip(bonds, centres, neighbors, strict=True):
        index = int(np.searchsorted(geometry.first_atom, centre, side="right")) - 1
        if index in named:
            continue
        named.add(index)
        a, b = sorted((centre - geometry.first_atom[index], neighbor - geometry.first_atom[index]))
        pair = f"atoms {a} and {b} are" if a != b else f"atom {a} and its periodic image are"
        yield (
            f"configuration {identifier[index]}: {pair} {geometry.distance[bond]:.3g} angstrom apart. "
            "Remove the double atom, or check the cell and the unit of length"
        )


def spanning_cells(structures: Structures) -> NDArray[np.float64]:
    """The cells (n, 3, 3) with missing vectors of directions that are not periodic filled in.

    Such a vector has no meaning for the bonds, but vesin wants three that span space.
    """
    cells = np.array(structures.cell, dtype=np.float64)
    flat = _relative_volume(cells) < _FLAT
    for index in np.flatnonzero(flat & structures.pbc.any(axis=1)):
        periodic = structures.pbc[index]
        _, _, basis = np.linalg.svd(cells[index, periodic])
        cells[index, ~periodic] = basis[periodic.sum() :]
    cells[flat & ~structures.pbc.any(axis=1)] = np.eye(3)
    return cells


def _structure_faults(structures: Structures, cutoff: float) -> Iterator[str]:
    first_atom = structures.first_atom
    bad_atoms = np.flatnonzero(~np.isfinite(structures.position).all(axis=1))
    bad_cells = ~np.isfinite(structures.cell).all(axis=(1, 2))
    owners = np.searchsorted(first_atom, bad_atoms, side="right") - 1
    for index, at in zip(*np.unique(owners, return_index=True), strict=True):
        yield (
            f"configuration {structures.identifier[index]}: the position of atom "
            f"{bad_atoms[at] - first_atom[index]} is not finite. Correct it in the source of the data"
        )
    for index in np.flatnonzero(bad_cells).tolist():
        name = structures.identifier[index]
        yield f"configuration {name}: the cell is not finite. Correct it in the source of the data"
    if len(bad_atoms) or bad_cells.any():
        return
    flat = _relative_volume(spanning_cells(structures)) < _FLAT
    for index in np.flatnonzero(flat).tolist():
        yield (
            f"configuration {structures.identifier[index]}: periodic, but its cell has no volume. "
            "Give three independent lattice vectors, or set pbc to false"
        )
    if cutoff > 0 and not flat.any():
        for index in np.flatnonzero(_images(structures, cutoff) > _MAX_IMAGES).tolist():
            yield (
                f"configuration {structures.identifier[index]}: its cell is far too small for a cutoff of "
                f"{cutoff:g} angstrom. Check the unit of length"
            )


def _relative_volume(cells: NDArray[np.float64]) -> NDArray[np.float64]:
    """|det cell| over the product of the edges (n,), 0 where an edge is missing."""
    edges = np.sqrt((cells**2).sum(axis=2)).prod(axis=1)
    volume = np.abs(np.linalg.det(cells))
    relative = np.zeros(len(cells))
    np.divide(volume, edges, out=relative, where=edges > 0)
    return relative


def _images(structures: Structures, cutoff: float) -> NDArray[np.float64]:
    """About how many periodic images of the cell (n,) come within the cutoff."""
    inverse = np.linalg.inv(spanning_cells(structures))
    per_height = np.sqrt((inverse**2).sum(axis=1))
    images = np.where(structures.pbc, 2 * np.ceil(cutoff * per_height) + 1, 1.0)
    return np.asarray(images.prod(axis=1))


def _raise(faults: Iterator[str]) -> None:
    found = list(faults)
    if found:
        more = [f"and {len(found) - _SHOWN} configurations more"] if len(found) > _SHOWN else []
        raise DataError("\n".join(found[:_SHOWN] + more))
