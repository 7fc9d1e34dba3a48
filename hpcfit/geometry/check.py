"""What is wrong with a structure: found before vesin sees it, which NaN or a flat cell would crash."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import DataError
from hpcfit.geometry.bonds import Geometry, Structures
from hpcfit.geometry.cells import relative_volumes, search_cells, search_cutoffs

#: atoms closer than this (angstrom) are one atom given twice
OVERLAP_DISTANCE = 0.01
#: more periodic images than this within the cutoff mean a wrong unit of length
_MAX_IMAGES = 1_000_000
_MAX_ENLARGEMENT = 20.0
_MAX_CELLS_AWAY = 1e6
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
    cells = search_cells(structures, cutoff)
    flat = relative_volumes(cells) < _FLAT
    for index in np.flatnonzero(flat).tolist():
        yield (
            f"configuration {structures.identifier[index]}: periodic, but its cell has no volume. "
            "Give three independent lattice vectors, or set pbc to false"
        )
    if cutoff > 0 and not flat.any():
        yield from _size_faults(structures, cells, cutoff)


def _size_faults(structures: Structures, cells: NDArray[np.float64], cutoff: float) -> Iterator[str]:
    """Numbers so far from atomic lengths that the search would fill the memory or lose digits."""
    inverse = np.linalg.inv(cells)
    cells_per_angstrom = np.where(structures.pbc, np.sqrt((inverse**2).sum(axis=1)), 0.0)
    images = (2 * np.ceil(cutoff * cells_per_angstrom) + 1).prod(axis=1)
    yield from _of_all(
        structures,
        images > _MAX_IMAGES,
        f"far too small for a cutoff of {cutoff:g} angstrom. Check the unit of length, and the cutoff",
    )
    yield from _of_all(
        structures,
        search_cutoffs(cells, cutoff) > _MAX_ENLARGEMENT * cutoff,
        f"far too long for a cutoff of {cutoff:g} angstrom. Check the unit of length, and for atoms that are "
        "far away",
        "its cell or extent is",
        "cells or extents are",
    )
    farthest = _farthest(structures) * cells_per_angstrom.max(axis=1, initial=0.0)
    yield from _of_all(
        structures,
        farthest > _MAX_CELLS_AWAY,
        "more than a million cells away from the origin. Wrap them into the cell",
        "positions are",
        "positions are",
    )


def _of_all(
    structures: Structures,
    bad: NDArray[np.bool_],
    fault: str,
    one: str = "its cell is",
    several: str = "their cells are",
) -> Iterator[str]:
    """One sentence for all bad configurations (n,): what they have in common is rarely a fault of each."""
    found = np.flatnonzero(bad).tolist()
    if found:
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        subject = several if more else one
        yield f"configuration {structures.identifier[found[0]]}{more}: {subject} {fault}"


def _farthest(structures: Structures) -> NDArray[np.float64]:
    """Largest distance of an atom from the origin (n,), angstrom."""
    distance = np.append(np.sqrt((structures.position**2).sum(axis=1)), 0.0)
    farthest = np.maximum.reduceat(distance, structures.first_atom)[:-1]
    return np.where(np.diff(structures.first_atom) > 0, farthest, 0.0)


def _raise(faults: Iterator[str]) -> None:
    found = list(faults)
    if found:
        more = [f"and {len(found) - _SHOWN} configurations more"] if len(found) > _SHOWN else []
        raise DataError("\n".join(found[:_SHOWN] + more))
