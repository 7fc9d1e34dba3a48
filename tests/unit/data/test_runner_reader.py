"""RuNNer: blocks in Hartree and bohr, or in the units that the import is told."""

from __future__ import annotations

import numpy as np
import pytest
from reading import FILES, edited, message, read

from hpcfit.data import READERS, ReadOptions
from hpcfit.data.foreign_units import UnitChoice
from hpcfit.data.importing import import_dataset
from hpcfit.data.readers.runner import RunnerReader

READER = RunnerReader()
HARTREE, BOHR = 27.211386245988, 0.529177210903


def test_blocks_become_configurations(tmp_path):
    made, report = read(READER, FILES / "input.data")
    assert [c.energy for c in made] == [-2.5, -76.4]
    assert made[0].cell.tolist() == [[10, 0, 0], [0, 10, 0], [0, 0.5, 12]]
    assert made[0].pbc.all()
    assert made[0].symbols == ("Zn", "O")
    assert made[0].forces.tolist() == [[0.01, -0.02, 0.03], [-0.01, 0.02, -0.03]]
    assert made[1].symbols == ("O", "H", "H")
    assert not made[1].pbc.any()
    assert not report.notes


def test_the_import_converts_from_hartree_and_bohr_unless_told_otherwise(tmp_path):
    path = FILES / "input.data"
    first = import_dataset([path], tmp_path / "a.h5", READERS).configurations[0]
    assert first.energy == pytest.approx(-2.5 * HARTREE, rel=1e-14)
    np.testing.assert_allclose(first.positions[1], 2.5 * BOHR, rtol=1e-14)
    np.testing.assert_allclose(first.forces[0, 0], 0.01 * HARTREE / BOHR, rtol=1e-14)
    units = UnitChoice(energy="eV", length="angstrom")
    first = import_dataset([path], tmp_path / "b.h5", READERS, units=units).configurations[0]
    assert first.energy == -2.5


def test_the_columns_that_begin_names_are_read(tmp_path):
    path = tmp_path / "input.data"
    path.write_text("begin positions(3) element forces(3)\natom 0 0 0 Si 1 2 3\nenergy 1\nend\n")
    (made,), _ = read(READER, path)
    assert made.forces.tolist() == [[1, 2, 3]]


def test_forces_that_are_all_zero_are_remarked(tmp_path):
    path = tmp_path / "input.data"
    path.write_text("begin\natom 0 0 0 Si 0 0 0 0 0\natom 0 0 4 Si 0 0 0 0 0\nenergy 1\nend")
    _, report = read(READER, path)
    assert report.notes == {
        "all forces of a configuration are exactly zero; if they were not calculated, use --no-forces": 1
    }
    assert read(READER, path, ReadOptions(leave_out=frozenset(["forces"])))[0][0].forces is None


def test_a_file_that_is_cut_off_gives_its_whole_configurations(tmp_path):
    path = tmp_path / "input.data"
    path.write_text((FILES / "input.data").read_text()[:-20])
    made, report = read(READER, path)
    assert len(made) == 1
    assert report.skipped == [(f"{path}: configuration 2", "incomplete: the file ends within this step")]


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (("end\n", ""), "input.data:10: 'begin' within the block of input.data:1; its 'end' is missing."),
        (
            ("charge         0.0000000000\n", "energy -2.6\n"),
            "input.data:9: a second energy, -2.6, beside -2.5 in the block of "
            "input.data:1; remove one, or use "
            "--no-energy.",
        ),
        (
            ("lattice    0.0000000000    0.5000000000   12.0000000000\n", ""),
            "input.data:1: has 2 lattice vectors; give three, or none.",
        ),
        (
            (" Zn ", " Zx "),
            "input.data:1: 'Zx' is not the symbol of a chemical element (write it as in 'Si').",
        ),
        (
            (" Zn  0.000000  0.000000", " Zn"),
            "input.data:6: expected 9 columns after 'atom', found 7.",
        ),
        (
            ("  0.0100000000 -0.02", "  ************ -0.02"),
            "input.data:6: force: '************' is not a finite number (stars stand for a "
            "number too wide for its column).",
        ),
        (
            ("energy        -2.5", "energy        low -2.5"),
            "input.data:8: energy: 'low' is not a finite number.",
        ),
        (
            ("comment s", "remark s"),
            "input.data:2: unknown keyword 'remark'; known are begin, comment, lattice, "
            "atom, energy, charge and "
            "end.",
        ),
        (("begin\n", "begin element\n"), "input.data:1: begin names no position(3) or no element."),
        (
            ("begin\n", "begin position(x) element\n"),
            "input.data:1: 'position(x)' is not a column such as element or force(3).",
        ),
        (("end\nbegin", "end\nstop\nbegin"), "input.data:11: expected 'begin', found 'stop'."),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(tmp_path, edit, expected):
    assert message(READER, edited(tmp_path, "input.data", edit)) == expected


def test_ase_reads_the_same():
    io = pytest.importorskip("ase.io")
    formats = pytest.importorskip("ase.io.formats")
    if "runnerdata" not in formats.ioformats:
        pytest.skip("this ASE does not read RuNNer's files")
    made, _ = read(READER, FILES / "input.data")
    for ours, theirs in zip(made, io.read(FILES / "input.data", ":", format="runnerdata"), strict=True):
        assert ours.energy * HARTREE == pytest.approx(theirs.calc.results["energy"], rel=1e-7)
        np.testing.assert_allclose(ours.positions * BOHR, theirs.positions, rtol=1e-7)
