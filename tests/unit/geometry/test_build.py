"""Bonds agree with ASE's neighbour lists on awkward structures, in an order of their own."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hpcfit.errors import DataError
from hpcfit.geometry import Geometry, build_geometry

ORACLE = Path(__file__).resolve().parents[4] / "shared" / "oracle"


@dataclass
class Block:
    identifier: Sequence[str]
    first_atom: NDArray[np.int64]
    position: NDArray[np.float64]
    cell: NDArray[np.float64]
    pbc: NDArray[np.bool_]

    @property
    def species(self) -> NDArray[np.int32]:
        return np.zeros(len(self.position), dtype=np.int32)


def block(*structures: tuple[object, object, object]) -> Block:
    """A block of (positions, cell, pbc)."""
    positions = [np.asarray(p, dtype=float).reshape(-1, 3) for p, _, _ in structures]
    return Block(
        identifier=[f"structure {i}" for i in range(len(structures))],
        first_atom=np.cumsum([0, *map(len, positions)]),
        position=np.concatenate(positions),
        cell=np.array([np.asarray(c, dtype=float) * np.ones((3, 3)) for _, c, _ in structures]),
        pbc=np.array([np.broadcast_to(p, 3) for _, _, p in structures], dtype=bool),
    )


def random_structures(seed: int = 5) -> Block:
    """Small cells, left-handed, skewed, unwrapped by several vectors, all kinds of periodicity."""
    rng = np.random.default_rng(seed)
    structures = []
    for number in range(24):
        natoms = int(rng.integers(1, 9))
        cell = 3.0 * np.eye(3) + rng.normal(scale=1.2, size=(3, 3))
        cell[2] += rng.integers(-2, 3) * cell[1]
        cell *= -1.0 if number % 3 == 0 else 1.0
        pbc = rng.integers(0, 2, 3).astype(bool)
        position = rng.uniform(-1, 1, (natoms, 3)) @ cell + (rng.integers(-3, 4, (natoms, 3)) * pbc) @ cell
        structures.append((position, cell, pbc))
    return block(*structures)


def assert_agrees_with_ase(structures: Block, geometry: Geometry) -> None:
    neighborlist = pytest.importorskip("ase.neighborlist", reason="needs ASE")
    for index in range(len(geometry)):
        first, last = structures.first_atom[index : index + 2]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            i, j, vector, shift = neighborlist.primitive_neighbor_list(
                "ijDS",
                structures.pbc[index],
                structures.cell[index] if structures.cell[index].any() else np.eye(3),
                structures.position[first:last],
                geometry.cutoff,
            )
        order = np.lexsort((shift[:, 2], shift[:, 1], shift[:, 0], j, i))
        bonds = slice(geometry.first_bond[first], geometry.first_bond[last])
        np.testing.assert_array_equal(geometry.centre[bonds] - first, i[order])
        np.testing.assert_array_equal(geometry.neighbor[bonds] - first, j[order])
        np.testing.assert_allclose(geometry.vector[bonds], vector[order], rtol=0, atol=1e-12)
    np.testing.assert_allclose(geometry.distance, np.linalg.norm(geometry.vector, axis=1), rtol=1e-15)


@pytest.mark.parametrize("cutoff", [1.5, 4.0, 7.5])
def test_bonds_of_random_structures_are_those_of_ase(cutoff: float) -> None:
    structures = random_structures()
    assert_agrees_with_ase(
        structures, build_geometry(structures, structures.species, cutoff, allow_overlaps=True)
    )


@pytest.mark.parametrize("name", ["sw", "sw_2sp", "edip", "lj_cut", "buck"])
def test_bonds_of_reference_structures_are_those_of_ase(name: str) -> None:
    ase_io = pytest.importorskip("ase.io", reason="needs ASE")
    path = ORACLE / name / "structures.extxyz"
    if not path.exists():
        pytest.skip(f"no reference data at {path}")
    structures = block(*((a.positions, np.array(a.cell), a.pbc) for a in ase_io.read(path, index=":")))
    assert_agrees_with_ase(structures, build_geometry(structures, structures.species, 5.3))


def test_a_shorter_cutoff_leaves_the_other_bonds_as_they_are_to_the_bit() -> None:
    structures = random_structures(6)
    long = build_geometry(structures, structures.species, 6.0, allow_overlaps=True)
    short = build_geometry(structures, structures.species, 4.0, allow_overlaps=True)
    kept = long.distance <= 4.0
    np.testing.assert_array_equal(long.vector[kept], short.vector)
    np.testing.assert_array_equal(long.neighbor[kept], short.neighbor)
    np.testing.assert_array_equal(long.distance[kept], short.distance)


def test_the_grouping_of_configurations_does_not_change_a_bit() -> None:
    structures = random_structures(7)
    together = build_geometry(structures, structures.species, 5.0, allow_overlaps=True)
    for index in range(len(together)):
        first, last = structures.first_atom[index : index + 2]
        alone = Block(
            structures.identifier[index : index + 1],
            np.array([0, last - first]),
            structures.position[first:last],
            structures.cell[index : index + 1],
            structures.pbc[index : index + 1],
        )
        geometry = build_geometry(alone, alone.species, 5.0, allow_overlaps=True)
        bonds = slice(together.first_bond[first], together.first_bond[last])
        np.testing.assert_array_equal(geometry.vector, together.vector[bonds])
        np.testing.assert_array_equal(geometry.neighbor, together.neighbor[bonds] - first)
        np.testing.assert_array_equal(geometry.distance, together.distance[bonds])


def test_every_bond_has_its_reverse() -> None:
    structures = random_structures(8)
    geometry = build_geometry(structures, structures.species, 5.0, allow_overlaps=True)
    forth = np.column_stack((geometry.centre, geometry.neighbor, geometry.vector)).round(9)
    back = np.column_stack((geometry.neighbor, geometry.centre, -geometry.vector)).round(9) + 0.0
    assert sorted(map(tuple, forth + 0.0)) == sorted(map(tuple, back))


def test_a_bond_exactly_as_long_as_the_cutoff_is_there() -> None:
    dimer = block(([[0, 0, 0], [0.3, 0.0, 2.0]], 0.0, False))
    length = np.sqrt(0.3**2 + 2.0**2)
    assert len(build_geometry(dimer, dimer.species, length).distance) == 2
    assert len(build_geometry(dimer, dimer.species, np.nextafter(length, 0)).distance) == 0


def test_isolated_atoms_and_clusters_without_cell_have_no_volume() -> None:
    structures = block(
        ([[0, 0, 0]], 0.0, False),
        ([[0, 0, 0], [0, 0, 2], [50, 0, 0]], 0.0, False),
        ([[0, 0, 0]], np.diag([3, 4, -5]), True),
    )
    geometry = build_geometry(structures, structures.species, 2.5)
    np.testing.assert_array_equal(geometry.first_bond, [0, 0, 1, 2, 2, 2])
    np.testing.assert_array_equal(geometry.volume, [np.nan, np.nan, 60.0])
    assert geometry.vector.dtype == np.float64
    assert geometry.neighbor.dtype == np.int32


def test_a_slab_without_third_vector_is_periodic_in_its_plane() -> None:
    slab = block(([[0, 0, 0], [0, 0, 30.0]], np.diag([2.0, 2.5, 0.0]), [True, True, False]))
    geometry = build_geometry(slab, slab.species, 2.2)
    np.testing.assert_allclose(geometry.vector, [[-2, 0, 0], [2, 0, 0]] * 2)


def test_no_configurations_give_an_empty_geometry() -> None:
    empty = Block([], np.zeros(1, np.int64), np.zeros((0, 3)), np.zeros((0, 3, 3)), np.zeros((0, 3), bool))
    geometry = build_geometry(empty, empty.species, 3.0)
    assert len(geometry) == 0
    assert geometry.vector.shape == (0, 3)


@pytest.mark.parametrize("cutoff", [-1.0, np.nan, np.inf])
def test_a_cutoff_must_be_a_positive_length(cutoff: float) -> None:
    dimer = block(([[0, 0, 0], [0, 0, 2]], 0.0, False))
    with pytest.raises(DataError, match="Give a positive length"):
        build_geometry(dimer, dimer.species, cutoff)


def test_without_cutoff_there_are_atoms_but_no_bonds() -> None:
    structures = random_structures()
    geometry = build_geometry(structures, structures.species, 0.0)
    assert len(geometry.first_bond) == len(structures.position) + 1
    assert len(geometry.distance) == 0
