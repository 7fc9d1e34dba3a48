"""vasprun.xml: all ionic steps, the energy that the forces belong to, stress with the sign turned."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from reading import FILES, edited, message, read

from hpcfit.data import ReadOptions
from hpcfit.data.readers.vasprun import VasprunReader

READER = VasprunReader()
KB = 0.1 / 160.21766208
UNCONVERGED = "the electronic loop did not converge (--keep-unconverged reads such steps)"


def test_converged_steps_are_read_with_the_free_energy():
    made, report = read(READER, FILES / "vasprun.xml")
    assert [c.identifier for c in made] == ["vasprun.xml#0", "vasprun.xml#2"]
    assert [c.energy for c in made] == [-10.800004, -10.83]
    assert made[0].symbols == ("Si", "Si")
    assert made[0].pbc.all()
    assert made[0].tag == "tag"
    assert made[0].forces.tolist() == [[-0.3, 0.1, 0.2], [0.3, -0.1, -0.2]]
    a = 2.7153
    np.testing.assert_allclose(made[0].cell, [[0, a, a], [a, 0, a], [a, a, 0]])
    np.testing.assert_allclose(made[0].positions[1], [0.5 * a, 0.51 * a, 0.51 * a], rtol=1e-14)
    np.testing.assert_allclose(made[1].cell[2], [2.75, 2.75, 0.02])
    # VASP: kB, compression positive, a matrix.
    np.testing.assert_allclose(made[0].stress, -KB * np.array([-10, -20, -30, 2, 3, 1]), rtol=1e-14)
    np.testing.assert_allclose(made[1].stress, -KB * np.array([12.5, 12.5, 12.5, 0, 0, 0]), rtol=1e-14)
    assert report.keys["energy", "e_fr_energy"] == 2
    assert report.skipped == [(f"{FILES / 'vasprun.xml'}: ionic step 2", UNCONVERGED)]


@pytest.mark.parametrize(("key", "more"), [("e_0_energy", 0.01), ("e_wo_entrp", 0.02)])
def test_another_energy_is_taken_when_asked_for_from_the_last_electronic_step(key, more):
    made, report = read(READER, FILES / "vasprun.xml", ReadOptions(energy_key=key))
    np.testing.assert_allclose([c.energy for c in made], [-10.800004 + more, -10.83 + more], rtol=1e-12)
    assert report.keys["energy", key] == 2


def test_unconverged_steps_are_read_when_asked_for():
    made, report = read(READER, FILES / "vasprun.xml", ReadOptions(keep_unconverged=True))
    assert [c.energy for c in made] == [-10.800004, -10.7, -10.83]
    assert not report.skipped


def test_a_loop_that_converged_in_its_last_iteration_counts_as_converged(tmp_path):
    path = edited(tmp_path, "vasprun.xml", ("     -10.60000000 ", "     -10.70000100 "))
    assert len(read(READER, path)[0]) == 3


def test_external_pressure_is_taken_off_the_enthalpy(tmp_path):
    path = edited(tmp_path, "vasprun.xml", ('"PSTRESS">      0.0', '"PSTRESS">    100.0'))
    made, _ = read(READER, path)
    assert made[0].energy == pytest.approx(-10.800004 - 100 * KB * 2 * 2.7153**3, rel=1e-14)


def test_what_is_left_out_need_not_be_readable(tmp_path):
    path = edited(tmp_path, "vasprun.xml", ("     -10.00000000       1.00000000", "  ************       1.0"))
    made, _ = read(READER, path, ReadOptions(leave_out=frozenset(["stress"])))
    assert made[0].stress is None
    assert made[0].forces is not None


def test_compressed_files_are_read(tmp_path):
    path = tmp_path / "vasprun.xml.gz"
    path.write_bytes(gzip.compress((FILES / "vasprun.xml").read_bytes()))
    assert len(read(READER, path)[0]) == 2


def test_a_killed_run_gives_its_whole_steps_and_says_which_it_was_in(tmp_path):
    text = (FILES / "vasprun.xml").read_text()
    path = tmp_path / "vasprun.xml"
    path.write_text(text[: text.rindex("e_wo_entrp")])
    made, report = read(READER, path)
    assert [c.energy for c in made] == [-10.800004]
    assert report.skipped[-1] == (f"{path}: ionic step 3", "incomplete: the file ends within this step")


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (
            ("      -0.30000000", "       NaN"),
            "vasprun.xml:134: ionic step 1: forces: 'NaN' is not a finite number.",
        ),
        (
            ("     -10.00000000       1.00000000", "  ************       1.00000000"),
            "vasprun.xml:134: ionic step 1: stress: '************' is not a finite number (stars stand for a "
            "number too wide for its column).",
        ),
        (
            ("   <v>       0.30000000      -0.10000000      -0.20000000 </v>\n", ""),
            "vasprun.xml:133: ionic step 1: forces: 1 vectors instead of 2.",
        ),
        (
            ("<c>Si</c><c>   1</c>", "<c>r </c><c>   1</c>"),
            "vasprun.xml:59: 'r' is not the symbol of a chemical element (write it as in "
            "'Si'). atominfo names "
            "it so; correct it there.",
        ),
        (
            ("</scstep>", "</scste>"),
            "vasprun.xml:82: not valid XML (mismatched tag: line 82, column 4); the steps "
            "before could be kept "
            "by cutting the file off there.",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_with_line_and_step(tmp_path, edit, expected):
    assert message(READER, edited(tmp_path, "vasprun.xml", edit)) == expected


def test_ase_reads_the_same(tmp_path):
    io = pytest.importorskip("ase.io")
    made, _ = read(READER, FILES / "vasprun.xml", ReadOptions(keep_unconverged=True))
    for ours, theirs in zip(made, io.read(FILES / "vasprun.xml", ":"), strict=True):
        results = theirs.calc.results
        assert ours.energy == pytest.approx(results["free_energy"], abs=1e-10)
        np.testing.assert_allclose(ours.positions, theirs.positions, atol=1e-12)
        np.testing.assert_array_equal(ours.forces, results["forces"])
        np.testing.assert_allclose(ours.stress, results["stress"], rtol=1e-7)
