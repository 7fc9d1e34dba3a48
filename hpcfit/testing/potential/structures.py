"""Structures that find faults: small, skewed and left-handed cells, a slab, a cluster, a dimer.

Atoms are put at random, no two nearer than three quarters of a typical distance, and of several draws
the one is taken whose distances keep farthest away from the cutoffs: there a potential that ends
sharply has no derivative.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import Configuration, configuration, gather
from hpcfit.data.elements import atomic_number
from hpcfit.geometry import build_geometry

FloatArray = NDArray[np.float64]

_NEAREST = 0.75
#: volume of an atom, in cubes of the typical distance: enough for random places to be found
_ROOM = 1.3
_DRAWS = 12


@dataclass(frozen=True)
class Shape:
    """Name, number of atoms (for one species), periodic directions, and whether there is a cell."""

    name: str
    natoms: int
    pbc: tuple[bool, bool, bool]
    has_cell: bool = True
    left_handed: bool = False


SHAPES = (
    Shape("small skewed cell", 2, (True, True, True)),
    Shape("left-handed cell", 4, (True, True, True), left_handed=True),
    Shape("slab", 4, (True, True, False)),
    Shape("cluster", 5, (False, False, False), has_cell=False),
    Shape("dimer", 2, (False, False, False), has_cell=False),
)


def sample_structures(
    species: Sequence[str], distance: float, cutoffs: Sequence[float], seed: int = 0
) -> tuple[Configuration, ...]:
    """One structure of each shape.

    Args:
        species: all occur in every structure that has atoms enough.
        distance: typical distance of neighbours, angstrom.
        cutoffs: distances (angstrom) to keep away from.
    """
    random = np.random.default_rng(seed)
    found = []
    for shape in SHAPES:
        draws = [_draw(shape, species, distance, random) for _ in range(_DRAWS)]
        found.append(max(draws, key=lambda each: distance_to_cutoffs(each, cutoffs)))
    return tuple(found)


def distance_to_cutoffs(structure: Configuration, cutoffs: Sequence[float]) -> float:
    """The least difference between a distance of two atoms and a cutoff, over that cutoff."""
    if not cutoffs:
        return np.inf
    numbers = np.zeros(structure.natoms, dtype=np.int32)
    lengths = build_geometry(gather([structure]), numbers, 1.1 * max(cutoffs)).distance
    nearest: list[float] = [float(np.abs(lengths / cutoff - 1.0).min(initial=1.0)) for cutoff in cutoffs]
    return min(nearest)


def _draw(
    shape: Shape, species: Sequence[str], distance: float, random: np.random.Generator
) -> Configuration:
    natoms = max(shape.natoms, len(species)) if shape.natoms > 2 else shape.natoms
    cell = _cell(shape, natoms, distance, random)
    positions = _positions(natoms, cell, shape.pbc, _NEAREST * distance, random)
    if shape.name == "dimer":
        bond = positions[1] - positions[0]
        positions[1] = positions[0] + bond * distance / np.linalg.norm(bond)
    first = int(random.integers(len(species)))
    numbers = [atomic_number(species[(first + k) % len(species)]) for k in range(natoms)]
    return configuration(
        shape.name, random.permutation(numbers), positions, cell if shape.has_cell else None, shape.pbc
    )


def _cell(shape: Shape, natoms: int, distance: float, random: np.random.Generator) -> FloatArray:
    cell = np.eye(3) + random.uniform(-0.25, 0.25, (3, 3))
    cell *= distance * (_ROOM * natoms / np.linalg.det(cell)) ** (1.0 / 3.0)
    return cell[[1, 0, 2]] if shape.left_handed else cell


def _positions(
    natoms: int, cell: FloatArray, pbc: Sequence[bool], nearest: float, random: np.random.Generator
) -> FloatArray:
    images = np.array(list(product(*[(-1, 0, 1) if each else (0,) for each in pbc]))) @ cell
    placed: list[FloatArray] = []
    while len(placed) < natoms:
        place = random.random(3) @ cell
        gaps = [np.linalg.norm(place - other + images, axis=1).min() for other in placed]
        if all(gap >= nearest for gap in gaps):
            placed.append(place)
    return np.array(placed)
