"""Structures without usable geometry are named before anything is computed."""

from __future__ import annotations

import numpy as np
import pytest

from hpcfit.errors import DataError
from hpcfit.geometry import build_geometry, check_structures
from hpcfit.geometry.bonds import Structures


class Block:
    """n structures of two atoms in a cubic cell of 4 angstrom."""

    def __init__(self, n: int = 3) -> None:
        self.identifier = [f"s{i}" for i in range(n)]
        self.first_atom = 2 * np.arange(n + 1)
        self.position = np.tile([[0.0, 0.0, 0.0], [0.0, 0.0, 2.0]], (n, 1))
        self.cell = np.tile(4.0 * np.eye(3), (n, 1, 1))
        self.pbc = np.ones((n, 3), dtype=bool)


def refusal(structures: Structures, cutoff: float = 3.0) -> str:
    with pytest.raises(DataError) as error:
        build_geometry(structures, np.zeros(len(structures.position), np.int32), cutoff)
    return str(error.value)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_positions_that_are_not_finite_are_named_with_the_atom(value: float) -> None:
    structures = Block()
    structures.position[3, 1] = value
    assert refusal(structures) == (
        "configuration s1: the position of atom 1 is not finite. Correct it in the source of the data"
    )


@pytest.mark.parametrize("periodic", [True, False])
def test_a_cell_that_is_not_finite_is_named(periodic: bool) -> None:
    structures = Block()
    structures.cell[2, 0, 0] = np.nan
    structures.pbc[:] = periodic
    assert refusal(structures) == (
        "configuration s2: the cell is not finite. Correct it in the source of the data"
    )


@pytest.mark.parametrize(
    "cell",
    [np.zeros((3, 3)), np.ones((3, 3)), [[4, 0, 0], [0, 4, 0], [4, 4, 1e-12]], np.diag([4.0, 4.0, 0.0])],
)
def test_a_periodic_cell_without_volume_is_named(cell: object) -> None:
    structures = Block()
    structures.cell[1] = cell
    assert refusal(structures) == (
        "configuration s1: periodic, but its cell has no volume. "
        "Give three independent lattice vectors, or set pbc to false"
    )


def test_parallel_vectors_of_a_slab_are_no_volume_either() -> None:
    structures = Block()
    structures.cell[0] = [[4, 0, 0], [8, 0, 0], [0, 0, 0]]
    structures.pbc[0] = [True, True, False]
    assert refusal(structures).startswith("configuration s0: periodic, but its cell has no volume")


def test_atoms_on_top_of_each_other_are_named() -> None:
    structures = Block()
    structures.position[3] = structures.position[2] + [0.0, 1e-4, 4.0]
    assert refusal(structures) == (
        "configuration s1: atoms 0 and 1 are 0.0001 angstrom apart. "
        "Remove the double atom, or check the cell and the unit of length"
    )
    geometry = build_geometry(structures, np.zeros(6, np.int32), 3.0, allow_overlaps=True)
    assert geometry.distance.min() == pytest.approx(1e-4, rel=1e-9)


def test_a_cell_in_the_wrong_unit_is_refused_instead_of_filling_the_memory() -> None:
    structures = Block()
    structures.cell *= 1e-3
    structures.position *= 1e-3
    assert refusal(structures) == (
        "configuration s0 and 2 more: their cells are far too small for a cutoff of 3 angstrom. Check the "
        "unit "
        "of length, and the cutoff"
    )
    assert refusal(Block(1), 3000.0) == (
        "configuration s0: its cell is far too small for a cutoff of 3000 angstrom. Check the unit of "
        "length, "
        "and the cutoff"
    )


def test_all_faulty_configurations_are_listed_up_to_ten() -> None:
    structures = Block(14)
    structures.position[::2] = np.nan
    lines = refusal(structures).splitlines()
    assert len(lines) == 11
    assert lines[9].startswith("configuration s9: the position of atom 0")
    assert lines[10] == "and 4 configurations more"


def test_sound_structures_pass() -> None:
    check_structures(Block())


@pytest.mark.parametrize("pbc", [[True, False, False], [False, False, False], [True, True, True]])
def test_a_cell_short_in_one_direction_and_long_in_others_is_searched(pbc: list[bool]) -> None:
    # vesin alone ends the process with a division by zero on such cells.
    structures = Block(1)
    structures.cell[0] = np.diag([4.0, 2000.0, 2000.0])
    structures.pbc[0] = pbc
    structures.position[:] = [[0.0, 0.0, 0.0], [1.0, 1200.0, 1201.0]]
    geometry = build_geometry(structures, np.zeros(2, np.int32), 4.5)
    np.testing.assert_array_equal(geometry.distance, [4.0] * (4 if pbc[0] else 0))


@pytest.mark.parametrize("pbc", [[True, False, False], [False, False, False]])
def test_atoms_absurdly_far_apart_are_refused(pbc: list[bool]) -> None:
    structures = Block(1)
    structures.pbc[0] = pbc
    structures.position[1] = [0.0, 1e9, 0.0]
    assert refusal(structures).startswith(
        "configuration s0: its cell or extent is far too long for a cutoff of 3"
    )


def test_positions_unwrapped_beyond_precision_are_refused() -> None:
    structures = Block(1)
    structures.position[1, 0] += 4e7
    assert refusal(structures) == (
        "configuration s0: positions are more than a million cells away from the origin. "
        "Wrap them into the cell"
    )


def test_a_cutoff_much_longer_than_a_cluster_is_no_obstacle() -> None:
    structures = Block(1)
    structures.pbc[:] = False
    assert len(build_geometry(structures, np.zeros(2, np.int32), 1e6).distance) == 2
