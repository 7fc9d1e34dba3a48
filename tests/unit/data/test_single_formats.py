"""Options for single formats: taken, recorded, and refused where no reader heeds them."""

from __future__ import annotations

import hashlib
import json
import shutil

import h5py
import pytest
from reading import FILES

from hpcfit.data import READERS, ReadOptions
from hpcfit.data.importing import import_dataset
from hpcfit.data.single_formats import parse_cell, parse_types
from hpcfit.errors import DataError

EXTXYZ = '1\nLattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3 energy=-1\nSi 0 0 0\n'


def refused(paths, tmp_path, options=None):
    with pytest.raises(DataError) as caught:
        import_dataset(paths, tmp_path / "out.h5", READERS, options)
    return str(caught.value).replace(f"{tmp_path}/", "")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (ReadOptions(types=("Si",)), "--types: the readers used here (extxyz) do not take it; leave it out."),
        (
            ReadOptions(keep_unconverged=True),
            "--keep-unconverged: the readers used here (extxyz) do not take it; leave it out.",
        ),
        (
            ReadOptions(cell=((0.0, 0.0, 0.0),) * 3),
            "--cell: the readers used here (extxyz) do not take it; leave it out.",
        ),
    ],
)
def test_an_option_that_no_reader_takes_is_refused(tmp_path, options, expected):
    (tmp_path / "a.xyz").write_text(EXTXYZ)
    assert refused([tmp_path / "a.xyz"], tmp_path, options) == expected


def test_one_table_is_not_for_several_dumps(tmp_path):
    for name in ("a.dump", "b.dump"):
        shutil.copy(FILES / "sic.lammpstrj", tmp_path / name)
    options = ReadOptions(types=("Si", "C"), energies=FILES / "sic.lammpstrj.energies")
    assert refused([tmp_path / "a.dump", tmp_path / "b.dump"], tmp_path, options) == (
        f"--energies {FILES / 'sic.lammpstrj.energies'}: one table for 2 files; put NAME.energies beside "
        "each file NAME."
    )


def test_what_was_read_and_chosen_is_recorded(tmp_path):
    dump, table = FILES / "sic.lammpstrj", tmp_path / "table.txt"
    shutil.copy(FILES / "sic.lammpstrj.energies", table)
    options = ReadOptions(format="lammps-dump", types=("Si", "C"), energies=table)
    import_dataset([dump], tmp_path / "x.h5", READERS, options)
    with h5py.File(tmp_path / "x.h5") as file:
        step = json.loads(file["provenance/steps"][0])
    assert step["also_read"] == [str(table)]
    assert step["options"] == {"format": "lammps-dump", "energies": str(table), "types": ["Si", "C"]}
    digests = [hashlib.sha256(path.read_bytes()).digest() for path in (dump, table)]
    assert step["sha256"] == hashlib.sha256(b"".join(digests)).hexdigest()


def test_a_folder_with_both_files_of_vasp_is_read_once(tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    shutil.copy(FILES / "vasprun.xml", run / "vasprun.xml")
    shutil.copy(FILES / "OUTCAR", run / "OUTCAR")
    result = import_dataset([run], tmp_path / "x.h5", READERS)
    assert result.files == {"vasprun": 1}
    assert ("OUTCAR", "vasprun.xml beside it tells the same more precisely") in result.report.skipped
    result = import_dataset([run / "OUTCAR"], tmp_path / "y.h5", READERS)
    assert result.files == {"outcar": 1}
    result = import_dataset([run / "OUTCAR", run / "vasprun.xml"], tmp_path / "z.h5", READERS)
    assert result.files == {"vasprun": 1}


def test_every_sample_file_is_recognised_by_one_reader():
    expected = {
        "OUTCAR": "outcar",
        "SiC-1.cell": "cp2k",
        "SiC-1.stress": "cp2k",
        "SiC-frc-1.xyz": "cp2k",
        "SiC-pos-1.xyz": "cp2k",
        "crystal.config": "potfit",
        "input.data": "runner",
        "relax.pwo": "espresso",
        "sic.lammpstrj": "lammps-dump",
        "sic.lammpstrj.energies": "lammps-dump",
        "vasprun.xml": "vasprun",
    }
    found = {
        path.name: [name for name, reader in READERS.items() if reader.sniff(path)]
        for path in FILES.iterdir()
    }
    assert found == {name: [reader] for name, reader in expected.items()}


def test_text_in_another_encoding_is_told(tmp_path):
    (tmp_path / "input.data").write_text((FILES / "input.data").read_text(), encoding="utf-16")
    assert refused([tmp_path / "input.data"], tmp_path) == (
        "input.data: is UTF-16 text; save it as UTF-8, as with iconv -f UTF-16 -t UTF-8."
    )


def test_an_import_of_nothing_says_why(tmp_path):
    text = (FILES / "vasprun.xml").read_text()
    (tmp_path / "vasprun.xml").write_text(text[: text.index("e_wo_entrp")])
    assert refused([tmp_path / "vasprun.xml"], tmp_path) == (
        "vasprun.xml: no configurations in it. Skipped: incomplete: the file ends within this step."
    )


def test_an_empty_file_is_told(tmp_path):
    (tmp_path / "OUTCAR").touch()
    assert refused([tmp_path / "OUTCAR"], tmp_path) == "OUTCAR: the file is empty."
    assert refused([tmp_path / "OUTCAR"], tmp_path, ReadOptions(format="outcar")) == (
        "OUTCAR: no configurations in it."
    )


def test_texts_of_types_and_cells_are_parsed():
    assert parse_types("Si,C") == parse_types("Si C") == ("Si", "C")
    assert parse_types(None) == ()
    assert parse_cell(None) is None
    assert parse_cell("none") == ((0, 0, 0),) * 3
    assert parse_cell("1 2 3") == ((1, 0, 0), (0, 2, 0), (0, 0, 3))
    assert parse_cell("1,2,3,4,5,6,7,8,9") == ((1, 2, 3), (4, 5, 6), (7, 8, 9))
    for text in ("1 2", "a b c", ""):
        with pytest.raises(DataError) as caught:
            parse_cell(text)
        assert str(caught.value) == (
            f"--cell {text!r}: give nine numbers, three for a rectangular cell, or none."
        )
