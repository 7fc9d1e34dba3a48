"""ASE databases: results of the calculator, or entries of one's own."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from hpcfit.data import ReadOptions, ReadReport, Source
from hpcfit.data.readers.ase_db import AseDbReader
from hpcfit.errors import DataError


@pytest.fixture
def database(tmp_path):
    ase = pytest.importorskip("ase")
    from ase.calculators.singlepoint import SinglePointCalculator
    from ase.db import connect

    path = tmp_path / "argon.db"
    with connect(str(path)) as db:
        for index in range(3):
            atoms = ase.Atoms("Ar2", [[0, 0, 0], [3.8 + index, 0, 0]], cell=[9, 9, 9], pbc=True)
            forces = np.array([[1.0 + index, 0, 0], [-1.0 - index, 0, 0]])
            atoms.calc = SinglePointCalculator(
                atoms, energy=-0.1 * index, forces=forces, stress=np.arange(6.0)
            )
            names = {"name": "pair"} if index == 2 else {}
            db.write(atoms, dft_total=-7.0 - index, config_type="fcc", data={"ref_forces": -forces}, **names)
    return path


def read(path, **options):
    report = ReadReport()
    return list(AseDbReader().read(Source(path, path.name), ReadOptions(**options), report)), report


def test_energies_forces_and_stress_of_the_calculator_are_read(database):
    assert AseDbReader().sniff(database)
    made, report = read(database, forces_key="forces")
    assert [c.identifier for c in made] == ["argon.db#id1", "argon.db#id2", "pair"]
    assert [c.tag for c in made] == ["fcc"] * 3
    assert [c.energy for c in made] == pytest.approx([0.0, -0.1, -0.2])
    assert made[1].forces[0].tolist() == [2, 0, 0]
    assert made[1].stress.tolist() == [0, 1, 2, 3, 4, 5]
    assert made[0].pbc.all()
    assert report.keys["energy", "energy"] == 3


def test_entries_of_ones_own_can_be_chosen(database):
    made, _ = read(database, energy_key="dft_total", forces_key="ref_forces")
    assert [c.energy for c in made] == [-7.0, -8.0, -9.0]
    assert made[0].forces[0].tolist() == [-1, 0, 0]


def test_forces_that_differ_are_the_users_choice(database):
    with pytest.raises(DataError, match="Choose with --forces-key forces or --forces-key ref_forces"):
        read(database)


def test_a_database_that_is_none_is_refused(tmp_path):
    path = tmp_path / "broken.db"
    path.write_bytes(b"SQLite format 3\0" + bytes(200))
    pytest.importorskip("ase")
    with pytest.raises(DataError, match="cannot be read as an ASE database"):
        read(path)


def test_without_ase_the_message_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ase.db", None)
    path = tmp_path / "x.db"
    path.write_bytes(b"SQLite format 3\0")
    with pytest.raises(DataError) as caught:
        read(path)
    assert str(caught.value) == (
        f'{path}: reading ASE databases needs ASE. Install it with: pip install "hpcfit[ase]"'
    )
