"""OUTCAR: the same steps as vasprun.xml has, with fewer digits."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from reading import FILES, edited, message, read

from hpcfit.data import ReadOptions
from hpcfit.data.readers.outcar import OutcarReader

READER = OutcarReader()
KB = 0.1 / 160.21766208


def test_converged_steps_are_read_with_the_free_energy():
    made, report = read(READER, FILES / "OUTCAR")
    assert [(c.identifier, c.energy) for c in made] == [("OUTCAR#0", -15.0), ("OUTCAR#2", -15.1)]
    assert made[0].symbols == ("Si", "C")
    assert made[0].positions.tolist() == [[0, 0, 0], [1.1, 1.09075, 1.09075]]
    assert made[0].cell.tolist() == [[0, 2.1815, 2.1815], [2.1815, 0, 2.1815], [2.1815, 2.1815, 0]]
    assert made[0].forces.tolist() == [[0.5, -0.25, 0.125], [-0.5, 0.25, -0.125]]
    # VASP: kB, compression positive, xx yy zz xy yz zx.
    np.testing.assert_allclose(made[0].stress, -KB * np.array([-10, -20, -30, 5, 6, 4]), rtol=1e-14)
    assert report.keys["energy", "e_fr_energy"] == 2
    assert report.skipped[0][0].endswith("OUTCAR: ionic step 2")


def test_numbers_that_touch_are_taken_apart():
    made, _ = read(READER, FILES / "OUTCAR")
    expected = -KB * np.array([-101.12345, -102.12345, -103.12345, 0.2, 0.3, 0.1])
    np.testing.assert_allclose(made[1].stress, expected, rtol=1e-14)


def test_other_energies_and_unconverged_steps_are_read_when_asked_for():
    options = ReadOptions(energy_key="e_0_energy", keep_unconverged=True)
    assert [c.energy for c in read(READER, FILES / "OUTCAR", options)[0]] == [-14.99, -15.04, -15.09]
    options = ReadOptions(energy_key="e_wo_entrp")
    assert [c.energy for c in read(READER, FILES / "OUTCAR", options)[0]] == [-14.98, -15.08]


def test_compressed_and_cut_off_files_are_read_as_far_as_they_go(tmp_path):
    path = tmp_path / "OUTCAR.gz"
    whole = gzip.compress((FILES / "OUTCAR").read_bytes())
    path.write_bytes(whole)
    assert len(read(READER, path)[0]) == 2
    path.write_bytes(whole[:-200])
    made, report = read(READER, path)
    assert len(made) == 1
    assert report.skipped[-1][1] == "incomplete: the file ends within this step"


def test_kinds_are_taken_from_the_potentials_where_vrhfin_is_missing(tmp_path):
    path = edited(tmp_path, "OUTCAR", ("VRHFIN =Si:", ""), ("VRHFIN =C:", ""))
    text = path.read_text()
    first, second = " POTCAR:    PAW_PBE Si 05Jan2001\n", " POTCAR:    PAW_PBE C 08Apr2002\n"
    body = text.replace(first, "").replace(second, "")
    path.write_text(body.replace(" INCAR:\n", " INCAR:\n" + first + second + first + second, 1))
    assert read(READER, path)[0][0].symbols == ("Si", "C")


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (
            ("ions per type =               1   1", "ions per type =               2"),
            "OUTCAR:19: 1 kinds of ions, but the potentials above (VRHFIN, POTCAR) are of 2: Si C.",
        ),
        (
            ("VRHFIN =C:", "VRHFIN =Cx:"),
            "OUTCAR:19: 'Cx' is not the symbol of a chemical element (write it as in 'Si').",
        ),
        (
            ("ions per type =               1   1", "ions per type =               1   2"),
            "OUTCAR:76: expected 6 columns for positions and forces, found 1.",
        ),
        (
            ("     -0.250000", "**************"),
            "OUTCAR:74: positions and forces: '**************' is not a finite number "
            "(stars stand for a number "
            "too wide for its column).",
        ),
        (
            ("  in kB      -10.00000   -20.00000", "  in kB      -10.00000 NaN"),
            "OUTCAR:57: stress in kB: 'NaN' is not a finite number.",
        ),
        (
            ("  free  energy   TOTEN  =        -15.00000000", "  free  energy   TOTEN  =   ************"),
            "OUTCAR:86: TOTEN: '************' is not a finite number (stars stand for a number too wide for "
            "its column).",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(tmp_path, edit, expected):
    assert message(READER, edited(tmp_path, "OUTCAR", edit)) == expected


def test_ase_reads_the_same():
    io = pytest.importorskip("ase.io")
    made, _ = read(READER, FILES / "OUTCAR", ReadOptions(keep_unconverged=True))
    for ours, theirs in zip(made, io.read(FILES / "OUTCAR", ":", format="vasp-out"), strict=True):
        results = theirs.calc.results
        assert ours.energy == results["free_energy"]
        np.testing.assert_array_equal(ours.positions, theirs.positions)
        np.testing.assert_array_equal(ours.forces, results["forces"])
        np.testing.assert_allclose(ours.stress, results["stress"], rtol=1e-7)
