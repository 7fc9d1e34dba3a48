"""From files and folders to a dataset: what is read, named, skipped, refused and recorded."""

from __future__ import annotations

import tarfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from hpcfit.data import READERS, Dataset, Reader, ReadOptions, configuration
from hpcfit.data.importing import import_dataset
from hpcfit.errors import DataError

KLIFF = Path(__file__).resolve().parents[4] / "shared" / "data" / "kliff_si" / "Si_training_set.tar.gz"


def frame(energy=-1.0, more="", x=2.0):
    return (
        f'2\nLattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3 energy={energy} {more}\n'
        f"Si 0 0 0\nSi {x} 0 0\n"
    )


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "set"
    for name in ("melt/step10.xyz", "melt/step2.xyz", "solid/deep/one.xyz", "top.xyz"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(frame())
    (root / "README").write_text("what this is")
    (root / "README.md").write_text("what this is")
    (root / "melt" / "._step2.xyz").write_bytes(b"\0\5\x16\7")
    (root / ".DS_Store").write_bytes(b"\0")
    (root / "notes.txt").write_text("nothing")
    (root / ".git").mkdir()
    (root / ".git" / "x.xyz").write_text(frame())
    return root


def run(paths, tmp_path, **arguments):
    arguments.setdefault("overwrite", True)
    return import_dataset(paths, tmp_path / "data.h5", READERS, **arguments)


def test_a_folder_is_read_at_every_depth_in_natural_order_and_tagged_by_folder(folder, tmp_path):
    result = run([folder], tmp_path)
    assert [(c.identifier, c.tag) for c in result.configurations] == [
        ("melt/step2.xyz", "melt"),
        ("melt/step10.xyz", "melt"),
        ("solid/deep/one.xyz", "solid/deep"),
        ("top.xyz", "set"),
    ]
    assert Counter(reason for _, reason in result.report.skipped) == {
        "AppleDouble file": 1,
        "hidden file": 1,
        "hidden folder": 1,
        "text about the data": 2,
        "not a known format": 1,
    }


def test_the_file_holds_what_was_read_and_how(folder, tmp_path):
    result = run([folder], tmp_path, tag="all", options=ReadOptions(energy_key="energy"))
    with Dataset.open(tmp_path / "data.h5") as dataset:
        assert dataset.content_hash == result.content_hash
        assert set(dataset.tags) == {"all"}
        (step,) = dataset.provenance
    assert step["keys"] == {"energy: energy": 4}
    assert step["chosen"] == {"energy": "energy", "forces": None, "stress": None}
    assert step["sources"] == [str(folder)]
    assert (step["files"], step["configurations"], step["tag"]) == (4, 4, "all")


def test_names_that_repeat_are_numbered_and_counted(tmp_path):
    (tmp_path / "a.xyz").write_text(frame(more="name=x") * 2 + frame(more='name="x#1"'))
    result = run([tmp_path / "a.xyz"], tmp_path)
    assert [c.identifier for c in result.configurations] == ["x#2", "x#3", "x#1"]
    assert result.report.notes["identifier occurs more than once in the source and was numbered"] == 2


def test_several_sources_keep_their_paths_in_the_identifiers(folder, tmp_path):
    (tmp_path / "a.xyz").write_text(frame())
    result = run([tmp_path / "a.xyz", folder / "melt"], tmp_path)
    assert [c.identifier for c in result.configurations] == [
        f"{tmp_path}/a.xyz",
        f"{folder}/melt/step2.xyz",
        f"{folder}/melt/step10.xyz",
    ]


def refused(paths, tmp_path, **arguments):
    with pytest.raises(DataError) as caught:
        run(paths, tmp_path, **arguments)
    assert not (tmp_path / "data.h5").exists()
    return str(caught.value)


def test_an_existing_file_is_not_replaced_unasked(folder, tmp_path):
    output = tmp_path / "data.h5"
    output.write_text("precious")
    with pytest.raises(DataError) as caught:
        import_dataset([folder], output, READERS)
    assert str(caught.value) == f"{output}: exists already; use --force to replace it, or another name."
    assert output.read_text() == "precious"
    run([folder], tmp_path, overwrite=True)


def test_sources_that_are_not_there_or_not_known_are_refused(tmp_path):
    assert refused([tmp_path / "no"], tmp_path) == f"{tmp_path}/no: no such file or folder."
    (tmp_path / "a.txt").write_text("hello")
    assert f"{tmp_path}/a.txt: not a known format. Known are: extended XYZ" in refused(
        [tmp_path / "a.txt"], tmp_path
    )
    (tmp_path / "empty").mkdir()
    assert "no file of a known format" in refused([tmp_path / "empty"], tmp_path)
    (tmp_path / "b.xyz").write_text("")
    assert refused([tmp_path / "b.xyz"], tmp_path) == f"{tmp_path}/b.xyz: the file is empty."


def test_a_key_that_nothing_has_is_refused_with_those_there_are(folder, tmp_path):
    message = refused([folder], tmp_path, options=ReadOptions(energy_key="Energie"))
    assert message == "--energy-key Energie: no configuration has it. Keys there are: energy."


def test_a_configuration_that_cannot_be_names_its_file(tmp_path):
    path = tmp_path / "a.xyz"
    path.write_text(frame(x="nan"))
    assert refused([path], tmp_path) == (
        f"{path}: configuration a.xyz#0: positions contain NaN or infinity; "
        "leave the whole value out if it is not known."
    )


def test_a_folder_to_write_to_must_exist(folder, tmp_path):
    with pytest.raises(DataError, match="does not exist; make it first"):
        import_dataset([folder], tmp_path / "no" / "data.h5", READERS)
    with pytest.raises(DataError, match="is a folder; give the name of a file"):
        import_dataset([folder], tmp_path, READERS)


class LinesReader(Reader):
    name = "lines"
    formats = "lines"

    def sniff(self, path):
        return path.suffix in (".lines", ".xyz")

    def read(self, source, options, report):
        report.found("energy", "first line")
        yield configuration(source.identifier(0), [14], [[0, 0, 0]], energy=float(source.path.read_text()))


def test_a_readers_plugin_reads_its_files(tmp_path):
    (tmp_path / "a.lines").write_text("-4.5")
    result = import_dataset([tmp_path / "a.lines"], tmp_path / "x.h5", {**READERS, "lines": LinesReader()})
    assert [(c.identifier, c.energy) for c in result.configurations] == [("a.lines", -4.5)]


def test_two_readers_for_one_file_are_an_error_that_names_both(tmp_path):
    (tmp_path / "a.xyz").write_text(frame())
    with pytest.raises(DataError, match="the readers extxyz and lines both claim it"):
        import_dataset([tmp_path / "a.xyz"], tmp_path / "x.h5", {**READERS, "lines": LinesReader()})


def test_a_reader_that_fails_at_a_file_stops_no_other(tmp_path):
    class Careless(LinesReader):
        def sniff(self, path):
            return path.read_bytes()[9999] == 0

    (tmp_path / "a.xyz").write_text(frame())
    readers = {**READERS, "careless": Careless()}
    result = import_dataset([tmp_path / "a.xyz"], tmp_path / "x.h5", readers)
    assert result.report.notes == {
        "reader lines failed to look at a file (IndexError: index out of range)": 1
    }


@pytest.mark.skipif(not KLIFF.exists(), reason="the kliff_si data are not here")
def test_the_kliff_training_set_comes_in_whole(tmp_path):
    with tarfile.open(KLIFF) as archive:
        archive.extractall(tmp_path, filter="data")
    result = run([tmp_path / "Si_training_set"], tmp_path)
    assert len(result.configurations) == 1000
    assert sum(c.natoms for c in result.configurations) == 58_400
    assert len(result.report.skipped) == 3
    assert Counter(c.tag for c in result.configurations) == {"NVT_runs": 600, "varying_alat": 400}
    assert result.report.keys == {("energy", "Energy"): 1000, ("forces", "force"): 1000}
    assert np.isfinite([c.energy for c in result.configurations]).all()
