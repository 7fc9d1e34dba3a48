"""Output of pw.x: geometry of the start, of relaxed steps in three units, and results in Rydberg and bohr."""

from __future__ import annotations

import numpy as np
import pytest
from reading import FILES, edited, message, read

from hpcfit.data import ReadOptions
from hpcfit.data.readers.espresso import EspressoReader

READER = EspressoReader()
RY, BOHR = 13.605693122994, 0.529177210903


def test_steps_are_read_in_ev_and_angstrom():
    made, report = read(READER, FILES / "relax.pwo")
    assert [c.identifier for c in made] == ["relax.pwo#0", "relax.pwo#2"]
    np.testing.assert_allclose([c.energy for c in made], [-19.2 * RY, -19.3 * RY], rtol=1e-14)
    alat = 10.26 * BOHR
    assert made[0].symbols == ("Si", "C")
    np.testing.assert_allclose(made[0].cell[0], [-0.5 * alat, 0, 0.5 * alat], rtol=1e-14)
    np.testing.assert_allclose(made[0].positions[1], alat * np.array([0.26, 0.25, 0.25]), rtol=1e-14)
    np.testing.assert_allclose(made[0].forces[0], np.array([0.01, -0.02, 0.003]) * RY / BOHR, rtol=1e-14)
    # pw.x: Ry/bohr^3, compression positive; P = -14.71 kbar is tension.
    expected = -1e-6 * np.array([-100, -100, -100, 3, 2, 1]) * RY / BOHR**3
    np.testing.assert_allclose(made[0].stress, expected, rtol=1e-12)
    assert made[0].stress[0] * 1602.1766 == pytest.approx(14.71, abs=0.01)
    np.testing.assert_allclose(made[1].cell[0], [-0.51 * alat, 0, 0.51 * alat], rtol=1e-14)
    assert made[1].positions[1].tolist() == [1.36, 1.37, 1.38]
    assert report.skipped == [
        (
            f"{FILES / 'relax.pwo'}: step 2",
            "the electronic loop did not converge (--keep-unconverged reads such steps)",
        )
    ]


def test_crystal_positions_and_the_last_energy_of_an_unconverged_step_are_read_when_asked_for():
    made, _ = read(READER, FILES / "relax.pwo", ReadOptions(keep_unconverged=True))
    assert made[1].energy == pytest.approx(-19.25 * RY, rel=1e-14)
    alat = 10.26 * BOHR
    np.testing.assert_allclose(made[1].positions[1], 0.255 * alat * np.ones(3), rtol=1e-12)


def test_the_internal_energy_is_read_when_asked_for():
    made, _ = read(READER, FILES / "relax.pwo", ReadOptions(energy_key="internal_energy"))
    np.testing.assert_allclose([c.energy for c in made], [-19.198 * RY, -19.299 * RY], rtol=1e-14)


def test_a_killed_run_gives_its_whole_steps(tmp_path):
    text = (FILES / "relax.pwo").read_text()
    path = tmp_path / "relax.pwo"
    path.write_text(text[: text.index("     Final energy")])
    assert len(read(READER, path)[0]) == 2
    path.write_text(text[: text.rindex("     Computing stress")])
    made, report = read(READER, path)
    assert len(made) == 1
    assert report.skipped[-1] == (f"{path}: step 3", "incomplete: the file ends within this step")


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (
            ("Si1             0.0", "Sy1             0.0"),
            "relax.pwo:93: 'Sy' is not the symbol of a chemical element (write it as in "
            "'Si'). Species labels of "
            "pw.x begin with an element.",
        ),
        (
            (
                "!    total energy              =     -19.20000000",
                "!    total energy              =  *************",
            ),
            "relax.pwo:58: energy: '*************' is not a finite number (stars stand for a number too wide "
            "for its column).",
        ),
        (
            ("number of atoms/cell      =            2", "number of atoms/cell      =            3"),
            "relax.pwo:37: expected the position of an atom.",
        ),
        (
            ("force =    -0.01000000    0.02000000", "force =    -0.01000000    NaN"),
            "relax.pwo:71: forces: 'NaN' is not a finite number.",
        ),
        (
            (
                "Ry/au):\n\n     atom    1",
                "Ry/au):\n\n\n\n\n\n     atom    1",
            ),
            "relax.pwo:72: expected a line beginning with 'atom' near here.",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(tmp_path, edit, expected):
    assert message(READER, edited(tmp_path, "relax.pwo", edit)) == expected


def test_ase_reads_the_same():
    io = pytest.importorskip("ase.io")
    made, _ = read(READER, FILES / "relax.pwo")
    theirs = io.read(FILES / "relax.pwo", ":", format="espresso-out")
    for ours, other in zip(made, (theirs[0], theirs[2]), strict=True):
        # ASE converts with CODATA 2006.
        assert ours.energy == pytest.approx(other.calc.results["energy"], rel=2e-7)
        np.testing.assert_allclose(ours.positions, other.positions, atol=1e-7)
        np.testing.assert_allclose(ours.forces, other.calc.results["forces"], atol=1e-6)
        np.testing.assert_allclose(ours.stress, other.calc.results["stress"], atol=1e-8)
