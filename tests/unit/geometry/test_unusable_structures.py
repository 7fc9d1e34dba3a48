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
    assert "configuration s0: its cell is far too small for a cutoff of 3 angstrom" in refusal(structures)


def test_all_faulty_configurations_are_listed_up_to_ten() -> None:
    structures = Block(14)
    structures.position[::2] = np.nan
    lines = refusal(structures).splitlines()
    assert len(lines) == 11
    assert lines[9].startswith("configuration s9: the position of atom 0")
    assert lines[10] == "and 4 configurations more"


def test_sound_structures_pass() -> None:
    check_structures(Block())
