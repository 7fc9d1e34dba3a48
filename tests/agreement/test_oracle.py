"""Potentials by name and by formula against energies, forces and stresses computed with LAMMPS."""

from __future__ import annotations

import json

import numpy as np
import pytest
from make_oracle import LEFT_OUT, collect
from oracle import COPY, FOLDERS, SHARED, Case, misfits
from oracle_potentials import CASES


@pytest.mark.parametrize("case", CASES, ids=str)
def test_energies_forces_and_stress_are_those_of_lammps(case: Case) -> None:
    assert misfits(case) == []


def test_every_folder_has_a_potential() -> None:
    assert {case.folder for case in CASES} == set(FOLDERS)


@pytest.mark.skipif(not SHARED.exists(), reason="no ../shared/oracle beside the repository")
def test_the_copy_is_equal_to_the_original() -> None:
    pytest.importorskip("ase.io", reason="needs ASE")
    folders, arrays = collect(SHARED)
    originals = {path.parent.name for path in SHARED.glob("*/params.json")}
    assert originals - set(folders) == set(LEFT_OUT)
    assert json.loads((COPY / "folders.json").read_text()) == folders
    with np.load(COPY / "numbers.npz") as copy:
        assert set(copy.files) == set(arrays)
        for name in arrays:
            np.testing.assert_array_equal(copy[name], arrays[name])
