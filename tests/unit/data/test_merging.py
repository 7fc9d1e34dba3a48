"""A merge keeps everything of every source, and asks where two sources disagree."""

from __future__ import annotations

import numpy as np
import pytest

from hpcfit.data import Dataset, configuration, write_dataset
from hpcfit.data.merging import merge_datasets
from hpcfit.errors import DataError

IMPORT = {"step": "import", "sources": ["x"], "time": "then", "hpcfit": "0"}


def atom(name, x, energy=-1.0, **more):
    return configuration(name, [14], [[x, 0, 0]], np.eye(3) * 5, True, energy=energy, **more)


def write(path, configurations, **more):
    path.parent.mkdir(exist_ok=True)
    write_dataset(path, configurations, [IMPORT], **more)
    return path


def refused(sources, output, **options):
    with pytest.raises(DataError) as caught:
        merge_datasets(sources, output, **options)
    assert not output.exists()
    return str(caught.value)


def test_a_merge_keeps_order_weights_tables_and_both_histories(tmp_path):
    a = write(
        tmp_path / "a.h5",
        [atom("p", 0.1, tag="t", weights={"energy": 2.0}, atom_weights=[0.5]), atom("q", 0.2)],
        tables={"one": {"x": np.arange(2.0)}, "both": {"y": np.ones(3)}},
    )
    b = write(
        tmp_path / "b.h5", [atom("r", 0.3, weights={"stress": 3.0})], tables={"both": {"y": np.ones(3)}}
    )
    done = merge_datasets([a, b], tmp_path / "c.h5")
    assert (done.configurations, done.atoms, done.repeated, done.tables) == (3, 3, (), ("both", "one"))
    with Dataset.open(tmp_path / "c.h5") as dataset:
        dataset.verify()
        assert dataset.identifiers == ("p", "q", "r")
        assert dataset.tags == ("t", "", "")
        assert [dict(c.weights) for c in dataset] == [{"energy": 2.0}, {}, {"stress": 3.0}]
        assert [c.atom_weights is None for c in dataset] == [False, True, True]
        assert dataset.table_names == ("both", "one")
        steps = dataset.provenance
    assert [step["step"] for step in steps] == ["import", "import", "merge"]
    assert [(parent["path"], parent["steps"]) for parent in steps[2]["parents"]] == [(str(a), 1), (str(b), 1)]


def test_names_that_clash_are_refused_or_prefixed(tmp_path):
    a = write(tmp_path / "one.h5", [atom("p", 0.1), atom("q", 0.2)])
    b = write(tmp_path / "two.h5", [atom("p", 0.3), atom("q", 0.4), atom("r", 0.5)])
    assert refused([a, b], tmp_path / "c.h5") == (
        f"{a} and {b} both have a configuration 'p', and 1 more of the same names. Leave one of the files "
        "out, or put their names before the identifiers with --prefix."
    )
    merge_datasets([a, b], tmp_path / "c.h5", prefix=True)
    with Dataset.open(tmp_path / "c.h5") as dataset:
        assert dataset.identifiers == ("one/p", "one/q", "two/p", "two/q", "two/r")


def test_files_of_one_name_are_prefixed_by_their_folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder, x in (("a", 0.1), ("b", 0.2)):
        write(tmp_path / folder / "data.h5", [atom("p", x)], tables={"t": {"x": [x]}})
    done = merge_datasets(["a/data.h5", "b/data.h5"], "c.h5", prefix=True)
    assert done.tables == ("a.data.t", "b.data.t")
    with Dataset.open("c.h5") as dataset:
        assert dataset.identifiers == ("a/data/p", "b/data/p")
    assert "a/data.h5 and a/data.h5 both have a configuration 'a/data/p'" in refused(
        ["a/data.h5", "a/data.h5"], tmp_path / "d.h5", prefix=True
    )


def test_tables_of_one_name_must_be_the_same(tmp_path):
    a = write(tmp_path / "a.h5", [atom("p", 0.1)], tables={"eos": {"x": [1.0]}})
    b = write(tmp_path / "b.h5", [atom("q", 0.2)], tables={"eos": {"x": [2.0]}})
    assert refused([a, b], tmp_path / "c.h5") == (
        f"{a} and {b} both have a table 'eos', with different content. Put the files' names before the "
        "tables' with --prefix."
    )
    assert merge_datasets([a, b], tmp_path / "c.h5", prefix=True).tables == ("a.eos", "b.eos")


def test_a_geometry_in_several_files_is_told_and_so_is_another_energy_of_it(tmp_path):
    a = write(tmp_path / "a.h5", [atom("p", 0.1), atom("q", 0.2)])
    b = write(tmp_path / "b.h5", [atom("r", 0.1), atom("s", 0.2, energy=-2.0), atom("t", 0.3)])
    done = merge_datasets([a, b], tmp_path / "c.h5")
    assert done.configurations == 5
    assert done.repeated == ("r", "s")
    assert done.contradicting == ("s",)


def test_one_dataset_alone_is_not_merged(tmp_path):
    a = write(tmp_path / "a.h5", [atom("p", 0.1)])
    assert refused([a], tmp_path / "c.h5") == f"{a}: is one dataset; give two or more to merge."


def test_a_source_is_not_written_over(tmp_path):
    a = write(tmp_path / "a.h5", [atom("p", 0.1)])
    b = write(tmp_path / "b.h5", [atom("q", 0.1)])
    with pytest.raises(DataError) as caught:
        merge_datasets([a, b], b, overwrite=True)
    assert str(caught.value) == f"{b}: is what is read; give another name to write to."
    assert refused([a, tmp_path / "no.h5"], tmp_path / "c.h5").startswith(f"{tmp_path}/no.h5: no such file.")
