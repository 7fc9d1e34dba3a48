"""Awkward structures, and differences of energies that forces, stress and Jacobians are held against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from hpcfit.geometry import Geometry, build_geometry
from hpcfit.kernels import SiteModel

FloatArray = NDArray[np.float64]
VOIGT = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))


def difference(function: Callable[[float], FloatArray], h: float) -> FloatArray:
    """The derivative at 0, from four points."""
    near, far = function(h) - function(-h), function(2 * h) - function(-2 * h)
    return (8 * near - far) / (12 * h)


@dataclass
class AwkwardStructures:
    """A small cell with many images, a skewed and a left-handed one, a slab, a cluster with a lonely atom
    beside it, a dimer, and an atom alone."""

    identifier: tuple[str, ...]
    first_atom: NDArray[np.int64]
    position: FloatArray
    cell: FloatArray
    pbc: NDArray[np.bool_]
    species: NDArray[np.int32]

    @classmethod
    def of(cls, n_species: int) -> AwkwardStructures:
        rng = np.random.default_rng(3)
        skewed = np.array([[4.4, 0.2, -0.3], [2.1, 4.5, 0.4], [0.5, -1.2, 4.3]])
        sites = np.array([[x, y, z] for x in (0, 0.5) for y in (0, 0.5) for z in (0, 0.5)]) @ skewed
        flat = np.array([[x, y, 0.0] for x in (0, 2.4, 4.6) for y in (0, 2.5)])
        small, open_ = np.array([[2.4, 0.1, 0.0], [0.2, 2.5, 0.1], [0.0, 0.3, 2.6]]), 60 * np.eye(3)
        parts = [
            (rng.normal(0, 0.1, (1, 3)), small, (1, 1, 1)),
            (sites + rng.normal(0, 0.15, (8, 3)), skewed, (1, 1, 1)),
            (sites[:4] + rng.normal(0, 0.15, (4, 3)), skewed[[1, 0, 2]], (1, 1, 1)),
            (sites[:5] + rng.normal(0, 0.15, (5, 3)), skewed, (1, 1, 0)),
            (np.concatenate([flat + rng.normal(0, 0.2, (6, 3)), [[40.0] * 3]]), open_, (0, 0, 0)),
            (np.array([[0, 0, 0], [2.3, 0.4, 0.1]]), open_, (0, 0, 0)),
            (np.zeros((1, 3)), open_, (0, 0, 0)),
        ]
        first = np.concatenate([[0], np.cumsum([len(positions) for positions, *_ in parts])])
        return cls(
            ("small", "skewed", "left-handed", "slab", "cluster", "dimer", "atom"),
            first,
            np.concatenate([positions for positions, *_ in parts]),
            np.array([cell for _, cell, _ in parts]),
            np.array([pbc for *_, pbc in parts], dtype=bool),
            rng.integers(0, n_species, first[-1]).astype(np.int32),
        )

    def __len__(self) -> int:
        return len(self.identifier)

    def geometry(self, cutoff: float) -> Geometry:
        return build_geometry(self, self.species, cutoff)

    def moved(self, atom: int, axis: int, step: float) -> AwkwardStructures:
        position = self.position.copy()
        position[atom, axis] += step
        return replace(self, position=position)

    def strained(self, index: int, component: int, strain: float) -> AwkwardStructures:
        a, b = VOIGT[component]
        by = np.eye(3)
        by[a, b] += 0.5 * strain
        by[b, a] += 0.5 * strain
        position, cell = self.position.copy(), self.cell.copy()
        atoms = slice(self.first_atom[index], self.first_atom[index + 1])
        position[atoms], cell[index] = position[atoms] @ by, cell[index] @ by
        return replace(self, position=position, cell=cell)


@dataclass
class Differences:
    """A model with stress, its values, and structures whose lists of bonds reach beyond the cutoff."""

    model: SiteModel
    values: FloatArray
    structures: AwkwardStructures

    def __post_init__(self) -> None:
        self.reach = 1.02 * self.model.cutoff(self.values)
        self.geometry = self.structures.geometry(self.reach)
        self.offsets = self.model.prediction_offsets(self.geometry)

    def energies(self, structures: AwkwardStructures) -> FloatArray:
        rows = self.model.predict(structures.geometry(self.reach), self.values)
        return rows[self.offsets[:-1]]

    def forces(self) -> FloatArray:
        """Minus the derivatives of the energies, (N, 3)."""
        owner = np.repeat(np.arange(len(self.structures)), np.diff(self.structures.first_atom))

        def along(atom: int, axis: int) -> float:
            moved = partial(self.structures.moved, atom, axis)
            return -difference(lambda h: self.energies(moved(h)), 1e-4)[owner[atom]]

        return np.array([[along(atom, axis) for axis in range(3)] for atom in range(len(owner))])

    def stress(self) -> FloatArray:
        """(n, 6)."""
        volume = np.abs(np.linalg.det(self.structures.cell))

        def along(index: int, component: int) -> float:
            strained = partial(self.structures.strained, index, component)
            return difference(lambda h: self.energies(strained(h)), 1e-4)[index] / volume[index]

        return np.array([[along(k, c) for c in range(6)] for k in range(len(self.structures))])

    def jacobian(self, relative_step: float = 1e-4) -> FloatArray:
        """Derivatives of all predictions by all values (rows, V)."""

        def along(k: int) -> FloatArray:
            unit = np.eye(len(self.values))[k]
            step = relative_step * abs(self.values[k])
            return difference(lambda h: self.model.predict(self.geometry, self.values + h * unit), step)

        return np.transpose([along(k) for k in range(len(self.values))])
