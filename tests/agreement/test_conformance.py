"""hpcfit's own potentials, weights, residuals and readers keep what the conformance kit asks of plugins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from reading import FILES

from hpcfit.data import READERS, ReadOptions
from hpcfit.potentials import POTENTIALS, required_options
from hpcfit.residuals import RESIDUALS
from hpcfit.testing import (
    check_potential,
    check_reader,
    check_residual,
    check_weight,
    sample_configurations,
)
from hpcfit.weights import WEIGHTS

VALUES = {"reference-energy": {"E0": -3.0}}
WEIGHT_OPTIONS: dict[str, dict[str, Any]] = {
    "boltzmann": {"scale": 0.1},
    "expression": {"forces": "1/(1 + f)"},
}
RESIDUAL_DATA: dict[str, dict[str, Any]] = {
    "species-forces": {"scales": {"Si": 1.0, "C": 0.5}},
    "formula": {"energy": "weight*tanh((prediction - reference)/natoms)"},
}
READER_FILES = {
    "vasprun": "vasprun.xml",
    "outcar": "OUTCAR",
    "espresso": "relax.pwo",
    "cp2k": "SiC-pos-1.xyz",
    "lammps-dump": "sic.lammpstrj",
    "potfit": "crystal.config",
    "runner": "input.data",
}


# Last ones first: test_catalogue_derivatives.py, perhaps at the same time, begins with the first kernels.
@pytest.mark.parametrize(
    "name", [name for name, make in reversed(POTENTIALS.items()) if not required_options(make)]
)
def test_the_catalogue_keeps_what_is_asked_of_potentials(name: str) -> None:
    published = POTENTIALS[name]().materials
    check_potential(name, [next(iter(published), "Si")], VALUES.get(name))


@pytest.mark.parametrize("name", [name for name in WEIGHTS if name != "file"])
def test_the_weights_keep_what_is_asked_of_them(name: str) -> None:
    check_weight(name, WEIGHT_OPTIONS.get(name))


def test_weights_of_a_file_keep_what_is_asked_of_them(tmp_path: Path) -> None:
    names = [each.identifier for each in sample_configurations()]
    file = tmp_path / "weights.txt"
    file.write_text("".join(f'"{name}" {k + 1}\n' for k, name in enumerate(names)))
    check_weight("file", {"file": str(file)})


@pytest.mark.parametrize("name", RESIDUALS)
def test_the_residuals_keep_what_is_asked_of_them(name: str) -> None:
    check_residual(name, RESIDUAL_DATA.get(name), zero=True)


@pytest.mark.parametrize("name", READER_FILES)
def test_the_readers_keep_what_is_asked_of_them(name: str) -> None:
    assert name in READERS
    options = ReadOptions(types=("Si", "C") if name == "lammps-dump" else ())
    check_reader(name, FILES / READER_FILES[name], options)
