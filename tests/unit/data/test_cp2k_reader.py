"""CP2K: positions, forces, cell and stress of four files, matched by step."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from reading import FILES, message, read

from hpcfit.data import READERS, ReadOptions
from hpcfit.data.importing import import_dataset
from hpcfit.data.readers.cp2k import Cp2kReader
from hpcfit.data.readers.extxyz import ExtxyzReader
from hpcfit.errors import DataError

READER = Cp2kReader()
HARTREE, BOHR, BAR = 27.211386245988, 0.529177210903, 1e-4 / 160.21766208
NAMES = ("SiC-pos-1.xyz", "SiC-frc-1.xyz", "SiC-1.cell", "SiC-1.stress")


@pytest.fixture
def folder(tmp_path):
    for name in NAMES:
        shutil.copy(FILES / name, tmp_path / name)
    return tmp_path


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_the_four_files_make_configurations(folder):
    made, report = read(READER, folder / NAMES[0])
    assert [c.identifier for c in made] == [f"SiC-pos-1.xyz#{index}" for index in range(3)]
    np.testing.assert_allclose([c.energy for c in made], HARTREE * np.array([-9.5, -9.6, -9.7]), rtol=1e-14)
    assert made[1].symbols == ("Si", "C")
    assert made[1].positions.tolist() == [[0, 0, 0.1], [1.09, 1.09, 1.09]]
    np.testing.assert_allclose(made[1].forces[0], [0.02 * HARTREE / BOHR, 0, 0], rtol=1e-14)
    # The cell file has every fifth step, the trajectory every tenth.
    assert made[1].cell.tolist() == [[4.36, 0, 0], [0, 4.36, 0], [0.01, 0, 4.36]]
    assert made[1].pbc.all()
    assert [path.name for path in report.also_read] == ["SiC-frc-1.xyz", "SiC-1.stress", "SiC-1.cell"]


def test_the_stress_of_dynamics_is_read_only_when_asked_for(folder):
    made, report = read(READER, folder / NAMES[0])
    assert made[0].stress is None
    assert report.notes == {
        "the stress of molecular dynamics contains its kinetic part and was left out "
        "(--stress-key stress_with_kinetic reads it all the same)": 3
    }
    made, report = read(READER, folder / NAMES[0], ReadOptions(stress_key="stress_with_kinetic"))
    # CP2K: bar, compression positive, a matrix.
    expected = -BAR * np.array([10010, 20000, 30000, 300, 200, 100])
    np.testing.assert_allclose(made[1].stress, expected, rtol=1e-14)
    assert not report.notes


def test_the_stress_of_a_relaxation_is_read(folder):
    for step, time in ((0, 0.0), (10, 5.0), (20, 10.0)):
        edit(folder / NAMES[0], f"i = {step:8d}, time = {time:12.3f}", f"i = {step:8d}")
    made, report = read(READER, folder / NAMES[0])
    np.testing.assert_allclose(made[0].stress[:3], -BAR * np.array([10000, 20000, 30000]), rtol=1e-14)
    assert not report.notes


def test_missing_forces_and_stress_are_told(folder):
    (folder / NAMES[1]).unlink()
    (folder / NAMES[3]).unlink()
    made, report = read(READER, folder / NAMES[0])
    assert made[0].forces is None
    assert list(report.notes) == [
        "no forces: there is no file such as SiC-frc-1.xyz beside the trajectory",
        "no stress: there is no file such as SiC-1.stress beside the trajectory",
    ]


def test_a_missing_cell_is_asked_for_and_taken(folder):
    (folder / NAMES[2]).unlink()
    assert message(READER, folder / NAMES[0]) == (
        "SiC-pos-1.xyz: no SiC-1.cell beside it says what the cell is. Let CP2K write one "
        "(MOTION/PRINT/CELL), or give --cell 'ax ay az bx by bz cx cy cz', or --cell none for molecules."
    )
    cell = ((5.0, 0, 0), (0, 6.0, 0), (0, 0, 7.0))
    assert read(READER, folder / NAMES[0], ReadOptions(cell=cell))[0][0].volume == pytest.approx(210)
    none = ReadOptions(cell=((0.0, 0.0, 0.0),) * 3)
    assert not read(READER, folder / NAMES[0], none)[0][0].pbc.any()


def test_a_killed_run_gives_the_steps_that_all_files_have(folder):
    text = (folder / NAMES[1]).read_text()
    (folder / NAMES[1]).write_text(text[:-30])
    made, report = read(READER, folder / NAMES[0])
    assert len(made) == 2
    assert report.skipped == [
        (f"{folder / NAMES[0]}: step 20", "SiC-frc-1.xyz ends before this step"),
    ]
    text = (folder / NAMES[0]).read_text()
    (folder / NAMES[0]).write_text(text[:-30])
    made, report = read(READER, folder / NAMES[0])
    assert report.skipped == [
        (f"{folder / NAMES[0]}: frame 3", "incomplete: the file ends within this step"),
    ]


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        (
            "SiC-frc-1.xyz",
            "i =       10",
            "i =       15",
            "SiC-frc-1.xyz: has no step 10, which SiC-pos-1.xyz:5 has (the next is 15); print both equally "
            "often, or leave its quantity out with --no-forces or --no-stress.",
        ),
        (
            "SiC-frc-1.xyz",
            "Si ",
            "Ge ",
            "SiC-frc-1.xyz:1: step 0 has 2 atoms or other elements than the 2 atoms of "
            "SiC-pos-1.xyz:1; the two "
            "files are not of one run.",
        ),
        (
            "SiC-1.stress",
            "      10       5.000",
            "      11       5.000",
            "SiC-1.stress: has no step 10, which SiC-pos-1.xyz:5 has (the next is 11); print both equally "
            "often, or leave its quantity out with --no-forces or --no-stress.",
        ),
        (
            "SiC-pos-1.xyz",
            "        1.0900000000        1.0900000000",
            "  ****** 1.09",
            "SiC-pos-1.xyz:4: atoms: '******' is not a finite number (stars stand for a "
            "number too wide for its "
            "column).",
        ),
        (
            "SiC-pos-1.xyz",
            "Si ",
            "Q  ",
            "SiC-pos-1.xyz:1: 'Q' is not the symbol of a chemical element (write it as in 'Si').",
        ),
        (
            "SiC-pos-1.xyz",
            "i =       10",
            "j =       10",
            "SiC-pos-1.xyz:6: not a frame of CP2K, whose comment is as in 'i = 0, E = -1.0'.",
        ),
        (
            "SiC-1.cell",
            "      4.3600000000",
            "               NaN",
            "SiC-1.cell:2: cell: 'NaN' is not a finite number.",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_step_and_file(folder, name, old, new, expected):
    edit(folder / name, old, new)
    assert message(READER, folder / NAMES[0]) == expected


def test_a_folder_is_read_once_and_its_files_are_all_accounted_for(folder, tmp_path):
    result = import_dataset([folder], tmp_path / "x.h5", READERS)
    assert len(result.configurations) == 3
    reason = "read together with the trajectory beside it"
    assert sorted(result.report.skipped) == [(name, reason) for name in sorted(NAMES[1:])]


def test_a_companion_is_not_read_by_itself(folder, tmp_path):
    with pytest.raises(DataError) as caught:
        import_dataset([folder / NAMES[1]], tmp_path / "x.h5", READERS)
    assert (
        str(caught.value)
        == f"{folder / NAMES[1]}: is read together with SiC-pos-1.xyz; give that file instead."
    )
    result = import_dataset([folder / name for name in NAMES], tmp_path / "x.h5", READERS)
    assert len(result.configurations) == 3


def test_the_extxyz_reader_leaves_these_files_alone(folder):
    assert not ExtxyzReader().sniff(folder / NAMES[0])
