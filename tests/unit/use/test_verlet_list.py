"""Bonds that follow the atoms: never one missing, the same bits as a search, and a search when it is due."""

from __future__ import annotations

import numpy as np
import pytest

import hpcfit.use.verlet_list as module
from hpcfit.data import configuration, gather
from hpcfit.errors import DataError
from hpcfit.geometry import build_geometry

CUTOFF = 3.2
SKEWED = np.array([[3.0, 0.4, 0.0], [-1.1, 4.0, 0.3], [0.2, -0.5, 5.0]])
CASES = {
    "small skewed cell": (SKEWED, (True, True, True)),
    "left-handed cell": (SKEWED[[1, 0, 2]], (True, True, True)),
    "slab": (SKEWED, (True, True, False)),
    "wire": (SKEWED, (False, True, False)),
    "cluster in a cell": (SKEWED, (False, False, False)),
    "cluster": (np.zeros((3, 3)), (False, False, False)),
}


def block_of(positions, cell, pbc):
    return gather([configuration("walker", [14] * len(positions), positions, cell, pbc)])


@pytest.fixture
def searches(monkeypatch):
    """The number of searches so far."""
    done = []

    def counted(*arguments, **options):
        done.append(1)
        return build_geometry(*arguments, **options)

    monkeypatch.setattr(module, "build_geometry", counted)
    return done


def within(geometry):
    """Centre, neighbour and vector of the bonds within the cutoff."""
    inside = geometry.distance <= CUTOFF
    return geometry.centre[inside], geometry.neighbor[inside], geometry.vector[inside]


@pytest.mark.parametrize(("cell", "pbc"), CASES.values(), ids=CASES)
def test_bonds_within_the_cutoff_are_those_of_a_search_to_the_last_bit(cell, pbc, searches):
    random = np.random.default_rng(2)
    positions = random.uniform(-6.0, 6.0, size=(6, 3))
    species = np.zeros(6, dtype=np.int32)
    bonds = module.VerletList(CUTOFF)
    for _ in range(60):
        positions = positions + random.normal(scale=0.02, size=positions.shape)
        block = block_of(positions, cell, pbc)
        found, expected = within(bonds.at(block, species)), within(build_geometry(block, species, CUTOFF))
        for mine, theirs in zip(found, expected, strict=True):
            np.testing.assert_array_equal(mine, theirs)
    assert 2 <= len(searches) < 30


def test_an_atom_that_moved_half_the_skin_makes_a_search(searches):
    positions = np.array([[0.0, 0, 0], [2.0, 0, 0]])
    species = np.zeros(2, dtype=np.int32)
    bonds = module.VerletList(CUTOFF)
    for shift, expected in ((0.0, 1), (0.49, 1), (0.51, 2)):
        moved = positions + np.array([[0, 0, 0], [0, shift * module.SKIN, 0]])
        bonds.at(block_of(moved, None, False), species)
        assert len(searches) == expected


def test_another_cell_periodicity_species_or_number_of_atoms_makes_a_search(searches):
    positions = np.array([[0.0, 0, 0], [2.0, 0, 0]])
    species = np.zeros(2, dtype=np.int32)
    bonds = module.VerletList(CUTOFF)
    cell = np.eye(3) * 6.0
    bonds.at(block_of(positions, cell, True), species)
    bonds.at(block_of(positions, cell, True), species)
    assert len(searches) == 1
    bonds.at(block_of(positions, cell * 1.001, True), species)
    bonds.at(block_of(positions, cell * 1.001, (True, True, False)), species)
    bonds.at(block_of(positions, cell * 1.001, (True, True, False)), species + 1)
    bonds.at(block_of(positions[:1], cell * 1.001, (True, True, False)), species[:1] + 1)
    assert len(searches) == 5


def test_atoms_that_come_to_lie_on_each_other_are_an_error(searches):
    species = np.zeros(2, dtype=np.int32)
    bonds = module.VerletList(CUTOFF)
    bonds.at(block_of([[0, 0, 0], [0.15, 0, 0]], None, False), species)
    with pytest.raises(DataError, match="configuration walker: atoms 0 and 1 are"):
        bonds.at(block_of([[0, 0, 0], [0.005, 0, 0]], None, False), species)


def test_the_caller_may_move_the_atoms_in_place(searches):
    positions = np.array([[0.0, 0, 0], [2.0, 0, 0]])
    block = block_of(positions, None, False)
    bonds = module.VerletList(CUTOFF)
    species = np.zeros(2, dtype=np.int32)
    bonds.at(block, species)
    block.position[1, 0] = 3.0
    assert bonds.at(block, species).distance.tolist() == [3.0, 3.0]
    assert len(searches) == 2
