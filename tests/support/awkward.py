"""Structures that find faults of potentials: all kinds of cells and periodicity, few and many neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from hpcfit.geometry import build_geometry

FloatArray = NDArray[np.float64]

#: no two atoms are nearer than this, over the typical distance
_NEAREST = 0.78
#: volume of an atom, over the cube of the typical distance
_ROOM = 1.4
#: nearest to a cutoff, over that cutoff: there some potentials have no derivative
_GAP = 4e-4
#: the same for where a switch begins: only its third derivative jumps
_NARROW_GAP = 1e-4
_DRAWS = 500


@dataclass(frozen=True)
class Shape:
    """How many atoms, which directions are periodic, and what else is particular."""

    name: str
    natoms: int
    pbc: tuple[bool, bool, bool]
    left_handed: bool = False
    isolated: int = 0  # further atoms far away from all others


SHAPES = (
    Shape("one atom in a skewed cell", 1, (True, True, True)),
    Shape("small skewed cell", 2, (True, True, True)),
    Shape("left-handed cell", 4, (True, True, True), left_handed=True),
    Shape("slab", 3, (True, False, True)),
    Shape("wire", 3, (False, True, False), left_handed=True),
    Shape("cluster beside isolated atoms", 5, (False, False, False), isolated=2),
    Shape("dimer", 2, (False, False, False)),
    Shape("lone atom", 1, (False, False, False)),
)


@dataclass
class Structures:
    """One structure of each shape, as `build_geometry` wants them; `species` (N,) are indices."""

    identifier: tuple[str, ...]
    first_atom: NDArray[np.int64]
    species: NDArray[np.int32]
    position: FloatArray
    cell: FloatArray
    pbc: NDArray[np.bool_]

    @property
    def volume(self) -> FloatArray:
        return np.abs(np.linalg.det(self.cell))


def awkward_structures(
    n_species: int,
    distance: float,
    cutoffs: Sequence[float],
    random: np.random.Generator,
    onsets: Sequence[float] = (),
) -> Structures:
    """One random structure of each shape.

    Args:
        distance: typical distance of neighbours, angstrom.
        cutoffs: distances (angstrom) that no two atoms come near to.
        onsets: distances that they do not come very near to.
    """
    avoided = [*((each, _GAP) for each in cutoffs), *((each, _NARROW_GAP) for each in onsets)]
    drawn = []
    for shape in SHAPES:
        draws = (_draw(shape, n_species, distance, random) for _ in range(_DRAWS))
        found = next((each for each in draws if not _is_near(each, avoided)), None)
        assert found is not None, f"{shape.name}: too many bonds for none to end near {cutoffs} or {onsets}"
        drawn.append(found)
    return Structures(
        tuple(shape.name for shape in SHAPES),
        np.cumsum([0, *(len(each.position) for each in drawn)]),
        *(np.concatenate([getattr(each, name) for each in drawn]) for name in ("species", "position")),
        *(np.concatenate([getattr(each, name) for each in drawn]) for name in ("cell", "pbc")),
    )


def _draw(shape: Shape, n_species: int, distance: float, random: np.random.Generator) -> Structures:
    cell = np.eye(3) + random.uniform(-0.3, 0.3, (3, 3))
    cell *= distance * (_ROOM * shape.natoms / np.linalg.det(cell)) ** (1 / 3)
    if shape.left_handed:
        cell = cell[[1, 0, 2]]
    images = np.array(list(product(*[(-1, 0, 1) if each else (0,) for each in shape.pbc]))) @ cell
    placed: list[FloatArray] = []
    while len(placed) < shape.natoms:
        place = random.random(3) @ cell
        if all(
            np.linalg.norm(place - other + images, axis=1).min() > _NEAREST * distance for other in placed
        ):
            placed.append(place)
    position = np.array(placed)
    # Atoms need not lie within the cell that they are given with.
    position += random.integers(-2, 3, (shape.natoms, 3)) * np.array(shape.pbc) @ cell
    far = [position[0] + (k + 1) * np.array([100.0, 0.0, 100.0]) for k in range(shape.isolated)]
    position = np.array([*position, *far])
    species = (np.arange(len(position)) + random.integers(n_species)) % n_species
    return Structures(
        (shape.name,),
        np.array([0, len(position)]),
        random.permutation(species).astype(np.int32),
        position,
        cell[None],
        np.array([shape.pbc]),
    )


def _is_near(structure: Structures, avoided: Sequence[tuple[float, float]]) -> bool:
    if not avoided:
        return False
    lengths = build_geometry(structure, structure.species, 1.01 * max(avoided)[0]).distance
    return any(np.abs(lengths / length - 1.0).min(initial=1.0) < gap for length, gap in avoided)
