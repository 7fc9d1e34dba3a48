"""The native file gives back what was written, by slices, and only whole files ever appear."""

from __future__ import annotations

import os

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpcfit.data import Configuration, Dataset, configuration, write_dataset
from hpcfit.data import rows as rows_module
from hpcfit.data.rows import consecutive_runs, read_rows
from hpcfit.errors import DataError


def make(index: int, rng: np.random.Generator) -> Configuration:
    """Configurations that lack this or that."""
    natoms = 1 + index % 4
    periodic = index % 3 > 0
    return configuration(
        f"Ångström {index}",
        rng.integers(1, 119, natoms),
        rng.normal(size=(natoms, 3)),
        np.eye(3) * 5 + rng.normal(size=(3, 3)) * 0.1 if periodic else None,
        periodic,
        energy=rng.normal() if index % 2 else None,
        forces=rng.normal(size=(natoms, 3)) if index % 5 else None,
        stress=rng.normal(size=6) if periodic and index % 2 else None,
        tag=("", "bulk", "Fläche")[index % 3],
        weights={"energy": 2.0} if index % 4 == 0 else {},
        atom_weights=np.arange(natoms) if index % 7 == 0 else None,
    )


@pytest.fixture
def configurations():
    rng = np.random.default_rng(7)
    return [make(index, rng) for index in range(23)]


@pytest.fixture
def path(tmp_path, configurations):
    path = tmp_path / "data.h5"
    write_dataset(path, configurations, [{"step": "import", "sources": ["here"]}])
    return path


def assert_same(a: Configuration, b: Configuration) -> None:
    assert (a.identifier, a.tag, a.energy, dict(a.weights)) == (
        b.identifier,
        b.tag,
        b.energy,
        dict(b.weights),
    )
    for name in ("numbers", "positions", "cell", "pbc", "forces", "stress", "atom_weights"):
        first, second = getattr(a, name), getattr(b, name)
        assert (first is None) == (second is None), name
        if first is not None:
            np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("compress", [False, True])
def test_every_configuration_comes_back_bit_for_bit(tmp_path, configurations, compress):
    path = tmp_path / "data.h5"
    write_dataset(path, configurations, compress=compress)
    with Dataset.open(path) as dataset:
        assert len(dataset) == len(configurations)
        for made, back in zip(configurations, dataset, strict=True):
            assert_same(made, back)
        dataset.verify()


def test_headers_are_known_without_reading_atoms(path, configurations):
    with Dataset.open(path) as dataset:
        assert dataset.n_configurations == 23
        assert dataset.n_atoms == sum(c.natoms for c in configurations)
        assert dataset.natoms.tolist() == [c.natoms for c in configurations]
        assert dataset.identifiers == tuple(c.identifier for c in configurations)
        assert dataset.tags == tuple(c.tag for c in configurations)
        np.testing.assert_array_equal(dataset.volumes, [c.volume for c in configurations])
        assert dataset.species == tuple(
            sorted({s for c in configurations for s in c.symbols}, key=_order(configurations))
        )
        assert dataset.targets_present() == {
            "energy": sum(c.energy is not None for c in configurations),
            "forces": sum(c.forces is not None for c in configurations),
            "stress": sum(c.stress is not None for c in configurations),
        }
        assert dataset.provenance == ({"step": "import", "sources": ["here"]},)


def _order(configurations):
    numbers = {s: int(n) for c in configurations for s, n in zip(c.symbols, c.numbers, strict=True)}
    return numbers.__getitem__


def test_a_slice_and_scattered_indices_give_the_same_as_the_whole(path, configurations):
    scattered = np.array([0, 1, 5, 6, 7, 13, 22])
    with Dataset.open(path) as dataset:
        for made, back in zip(configurations[4:11], dataset.read(4, 11), strict=True):
            assert_same(made, back)
        block = dataset.read(scattered)
        assert len(dataset.read([])) == 0
    assert block.first_atom[0] == 0
    assert block.n_atoms == block.first_atom[-1]
    assert block.has_force.tolist() == [configurations[i].forces is not None for i in scattered]
    for index, back in zip(scattered, block, strict=True):
        assert_same(configurations[index], back)


def test_indices_outside_or_not_ascending_are_refused(path):
    with Dataset.open(path) as dataset:
        for indices in ([22, 23], [-1, 0], [3, 2], [2, 2]):
            with pytest.raises(IndexError, match=r"indices must ascend within 0\.\.22"):
                dataset.read(indices)


@settings(max_examples=50, deadline=None)
@given(st.sets(st.integers(0, 199)), st.integers(0, 20), st.integers(1, 100))
def test_reading_scattered_rows_does_not_depend_on_how_reads_are_joined(wanted, gap, span):
    indices = np.array(sorted(wanted), dtype=np.int64)
    with h5py.File("rows.h5", "w", driver="core", backing_store=False) as file:
        array = np.arange(400.0).reshape(200, 2)
        dataset = file.create_dataset("rows", data=array, chunks=(16, 2))
        before = rows_module._GAP, rows_module._SPAN
        rows_module._GAP, rows_module._SPAN = gap, span
        try:
            result = read_rows(dataset, consecutive_runs(indices))
        finally:
            rows_module._GAP, rows_module._SPAN = before
    np.testing.assert_array_equal(result, array[indices])


def test_pieces_cover_all_configurations_once(path):
    with Dataset.open(path) as dataset:
        pieces = list(dataset.pieces(atoms=7))
    assert [a for a, _ in pieces] == [0, *[b for _, b in pieces[:-1]]]
    assert pieces[-1][1] == 23
    assert len(pieces) > 3


def test_the_content_hash_knows_content_and_not_form(tmp_path, configurations):
    plain = write_dataset(tmp_path / "a.h5", configurations)
    packed = write_dataset(tmp_path / "b.h5", configurations, [{"step": "other"}], compress=True)
    other = write_dataset(tmp_path / "c.h5", configurations[1:])
    renamed = write_dataset(
        tmp_path / "d.h5",
        [*configurations[:-1], configuration("z", configurations[-1].numbers, configurations[-1].positions)],
    )
    assert plain == packed
    assert len({plain, other, renamed}) == 3


def test_a_selection_hash_changes_with_selection_and_content(path, tmp_path, configurations):
    write_dataset(tmp_path / "other.h5", configurations[::-1])
    with Dataset.open(path) as dataset, Dataset.open(tmp_path / "other.h5") as other:
        some = np.arange(5)
        assert dataset.selection_hash(some) == dataset.selection_hash(np.arange(5))
        assert dataset.selection_hash(some) != dataset.selection_hash(np.arange(6))
        assert dataset.selection_hash(some) != other.selection_hash(some)


def test_tables_are_kept_beside_configurations(tmp_path):
    path = tmp_path / "tables.h5"
    write_dataset(path, [], tables={"eos": {"volume": [1.0, 2.0], "energy": [3.0, 4.0]}})
    with Dataset.open(path) as dataset:
        assert len(dataset) == 0
        assert dataset.table_names == ("eos",)
        assert {name: c.tolist() for name, c in dataset.table("eos").items()} == {
            "volume": [1.0, 2.0],
            "energy": [3.0, 4.0],
        }
        with pytest.raises(DataError, match=r"has no table 'eso'\. Tables there are: eos\."):
            dataset.table("eso")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, "table t: has no columns."),
        ({"x": [1.0], "y": [1.0, 2.0]}, "table t: column y has shape (2,), column x (1,)."),
        (
            {"x": [[1.0]]},
            "table t: column x has shape (1, 1); a number for each row, (n,), is expected.",
        ),
        ({"x": [1.0, np.nan]}, "table t: column x is nan in row 1; correct or drop the row."),
    ],
)
def test_a_table_that_cannot_be_is_refused(tmp_path, table, message):
    with pytest.raises(DataError) as caught:
        write_dataset(tmp_path / "t.h5", [], tables={"t": table})
    assert str(caught.value) == message


def test_two_configurations_of_one_name_are_refused_and_nothing_is_written(tmp_path):
    twin = configuration("twin", [14], [[0, 0, 0]])
    with pytest.raises(DataError, match="identifier 'twin' occurs more than once"):
        write_dataset(tmp_path / "data.h5", [twin, twin])
    assert os.listdir(tmp_path) == []


def test_a_failing_write_leaves_the_old_file_and_no_litter(path, tmp_path, configurations, monkeypatch):
    before = path.read_bytes()

    def fail(descriptor: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(DataError, match=r"data\.h5: cannot be written \(disk full\)"):
        write_dataset(path, configurations[:2])
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["data.h5"]


@pytest.mark.parametrize(("text", "what"), [("3", "are not JSON objects"), ("{", r"is not JSON \(.*\)")])
def test_a_history_that_is_none_is_refused(tmp_path, text, what):
    path = tmp_path / "data.h5"
    write_dataset(path, [configuration("a", [14], [[0, 0, 0]])], [{"step": "import"}])
    with h5py.File(path, "r+") as file:
        file["provenance/steps"][0] = text
    with (
        Dataset.open(path) as dataset,
        pytest.raises(DataError, match=f"provenance/steps {what}; import the data again.$"),
    ):
        _ = dataset.provenance
