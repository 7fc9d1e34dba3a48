"""How data are to be read, said by a dict: what it may hold, and what is said of what it may not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpcfit.api.reading import read_options
from hpcfit.errors import JobError


def test_values_become_those_of_the_options() -> None:
    options, units = read_options(
        {
            "energy_key": "dft",
            "forces_key": None,
            "leave_out": "stress",
            "energies": "table.txt",
            "types": ["Si", "C"],
            "cell": np.eye(3, dtype=int),
            "keep_unconverged": True,
            "energy_unit": "ry",
        }
    )
    assert (options.energy_key, options.forces_key) == ("dft", None)
    assert options.leave_out == {"stress"}
    assert (options.energies, options.types) == (Path("table.txt"), ("Si", "C"))
    assert options.cell == ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    assert options.keep_unconverged is True
    assert units.energy == "Ry"


@pytest.mark.parametrize(
    ("reading", "message"),
    [
        (3, "reading: a dict such as {'energy_key': 'dft'} is expected, not 3."),
        ({"energy_kye": "a"}, "reading.energy_kye is not a known key. Did you mean energy_key?"),
        ({"energy_key": 3}, "reading.energy_key: a text is expected, not 3."),
        ({"leave_out": 3}, "reading.leave_out: a list of energy, forces, stress is expected, not 3."),
        ({"leave_out": ["force"]}, "reading.leave_out: 'force' is no quantity. Did you mean forces?"),
        ({"energy_unit": 3}, "reading.energy_unit: a text is expected, not 3."),
        ({"energies": 3}, "reading.energies: a path is expected, not 3."),
        ({"types": [14]}, "reading.types: a list of chemical symbols is expected, not [14]."),
        ({"cell": [1.0, 2.0]}, "reading.cell: a matrix of 3 x 3 numbers is expected, not [1.0, 2.0]."),
        ({"keep_unconverged": "no"}, "reading.keep_unconverged: True or False is expected, not 'no'."),
    ],
)
def test_a_value_that_an_option_cannot_have_is_named(reading: Any, message: str) -> None:
    with pytest.raises(JobError) as caught:
        read_options(reading)
    assert str(caught.value) == f"fit(): {message}"


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(JobError) as caught:
        read_options({"format": 3, "types": 3})
    assert len(caught.value.problems) == 2
