"""A Configuration is checked when it is made, and says what is wrong with it."""

from __future__ import annotations

import numpy as np
import pytest

from hpcfit.data import configuration
from hpcfit.data.configuration import cell_volumes
from hpcfit.errors import DataError

CUBE = np.eye(3) * 3.0


def dimer(**changes):
    arguments = {
        "identifier": "dimer",
        "numbers": [14, 6],
        "positions": [[0.0, 0.0, 0.0], [1.9, 0.0, 0.0]],
        "cell": CUBE,
        "pbc": True,
        **changes,
    }
    return configuration(**arguments)


def test_shapes_symbols_and_volume_follow_from_what_is_given():
    made = dimer(energy=-3, forces=np.zeros((2, 3)), stress=np.zeros(6))
    assert made.natoms == 2
    assert made.symbols == ("Si", "C")
    assert made.volume == pytest.approx(27.0)
    assert made.pbc.tolist() == [True, True, True]


def test_without_a_cell_the_volume_is_nan():
    assert np.isnan(dimer(cell=None, pbc=False).volume)


def test_volume_of_a_left_handed_cell_is_positive_and_of_a_flat_one_nan():
    flat = np.array([[1.0, 2.0, 3.0], [2.0, 4.1, 6.0], [3.0, 6.1, 9.0]])
    assert cell_volumes(np.array([CUBE[[1, 0, 2]], flat]))[0] == pytest.approx(27.0)
    assert np.isnan(cell_volumes(np.array([flat]))[0])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"numbers": []}, "configuration dimer: has no atoms."),
        ({"numbers": [14, 0]}, "configuration dimer: atomic numbers must be 1 to 118; found 0 to 14."),
        ({"numbers": [14, 300]}, "configuration dimer: atomic numbers must be whole numbers from 1 to 118."),
        (
            {"positions": np.zeros((3, 3))},
            "configuration dimer: positions have shape (3, 3) instead of (2, 3).",
        ),
        (
            {"positions": [[0, 0, np.nan], [1, 1, 1]]},
            "configuration dimer: positions contain NaN or infinity; "
            "leave the whole value out if it is not known.",
        ),
        (
            {"forces": [[0, 0, np.nan], [1, 1, 1]]},
            "configuration dimer: forces contain NaN or infinity; "
            "leave the whole value out if it is not known.",
        ),
        (
            {"energy": np.inf},
            "configuration dimer: energy contain NaN or infinity; "
            "leave the whole value out if it is not known.",
        ),
        (
            {"cell": np.diag([1.0, 1.0, 0.0])},
            "configuration dimer: periodic, but the lattice vectors of its periodic directions "
            "span no volume; give a cell.",
        ),
        (
            {"cell": None, "pbc": False, "stress": np.zeros(6)},
            "configuration dimer: has a stress but no cell volume to refer it to; "
            "give a cell or leave the stress out.",
        ),
        (
            {"weights": {"energy": -1.0}},
            "configuration dimer: weight energy must be finite and not negative.",
        ),
        (
            {"tag": "a\0b"},
            "configuration dimer: identifiers must not be empty, and neither they nor tags may "
            "contain a NUL character.",
        ),
    ],
)
def test_an_impossible_value_is_refused_by_name(changes, message):
    with pytest.raises(DataError) as caught:
        dimer(**changes)
    assert str(caught.value) == message


def test_a_slab_needs_only_the_vectors_of_its_periodic_directions():
    slab = dimer(cell=np.diag([3.0, 3.0, 0.0]), pbc=[True, True, False])
    assert np.isnan(slab.volume)
