"""A split divides a dataset without loss, the same way every time; nothing else changes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hpcfit.data import Dataset, configuration, gather, split_test, write_dataset
from hpcfit.data.joining import join_blocks
from hpcfit.data.parts import split_dataset
from hpcfit.data.splitting import (
    by_farthest_points,
    by_fraction,
    by_fraction_of_each_tag,
    by_tag,
    farthest_points,
    kept,
)
from hpcfit.errors import DataError


def made(count=40, order=None, **changes):
    rng = np.random.default_rng(5)
    configurations = [
        configuration(
            f"c{i}",
            [14] * (1 + i % 3),
            rng.normal(size=(1 + i % 3, 3)),
            np.eye(3) * rng.uniform(3, 6),
            True,
            energy=rng.normal(),
            forces=rng.normal(size=(1 + i % 3, 3)),
            tag=("bulk", "bulk", "slab", "")[i % 4],
            weights={"energy": rng.random()} if i % 2 else {},
            atom_weights=rng.random(1 + i % 3) if i % 5 else None,
        )
        for i in range(count)
    ]
    return configurations if order is None else [configurations[i] for i in order]


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "all.h5"
    steps = [{"step": "import", "sources": ["x"], "time": "then", "hpcfit": "0"}]
    write_dataset(path, made(), steps, tables={"eos": {"v": np.arange(4.0)}})
    return path


def test_a_split_by_fraction_is_that_of_a_job(source):
    with Dataset.open(source) as dataset:
        train, test = by_fraction(dataset, 0.2, 3)
        expected = split_test(dataset.identifiers, 0.2, 3)
    assert train.tolist() == expected[0].tolist()
    assert test.tolist() == expected[1].tolist()


def test_a_fraction_of_each_tag_is_rounded_for_each(source):
    with Dataset.open(source) as dataset:
        train, test = by_fraction_of_each_tag(dataset, 0.25, 0)
        tags = np.array(dataset.tags)
        assert sorted([*train, *test]) == list(range(40))
        assert {tag: int(np.sum(tags[test] == tag)) for tag in ("bulk", "slab", "")} == {
            "bulk": 5,
            "slab": 2,
            "": 2,
        }
        with pytest.raises(DataError) as caught:
            by_fraction_of_each_tag(dataset, 0.01, 0)
        assert str(caught.value) == (
            f"{source}: --fraction 0.01 of each tag leaves no configuration for testing."
        )
        with pytest.raises(DataError) as caught:
            by_fraction(dataset, 1.2, 0)
    assert str(caught.value) == "--fraction 1.2: write a number between 0 and 1, such as 0.1."


def test_tags_are_for_testing(source):
    with Dataset.open(source) as dataset:
        train, test = by_tag(dataset, ["slab"])
        assert {dataset.tags[i] for i in test} == {"slab"}
        assert {dataset.tags[i] for i in train} == {"bulk", ""}
        with pytest.raises(DataError, match="has the tag 'slap'"):
            by_tag(dataset, ["slap"])
        with pytest.raises(DataError) as caught:
            by_tag(dataset, ["slab", "bulk", ""])
    assert str(caught.value) == f"{source}: --tags slab,bulk, leaves no configuration for training."


def test_farthest_points_are_taken_from_the_middle_outwards():
    line = np.array([[0.0], [1.0], [2.0], [3.0], [4.0], [4.1], [10.0]])
    # The mean is 3.44: next to it 3, then 10, then 0, then what lies farthest from those, 4.1.
    assert farthest_points(line, 4).tolist() == [3, 6, 0, 5]
    assert sorted(farthest_points(np.zeros((5, 2)), 5)) == [0, 1, 2, 3, 4]


POINTS = hnp.arrays(np.float64, st.tuples(st.integers(2, 12), st.just(2)), elements=st.integers(-5, 5))


@given(POINTS, st.data())
@settings(deadline=None)
def test_each_farthest_point_is_as_far_as_any_from_those_before(points, data):
    count = data.draw(st.integers(1, len(points)))
    taken = farthest_points(points, count)
    assert len(set(taken.tolist())) == count
    for place in range(1, count):
        away = np.linalg.norm(points[:, None] - points[taken[:place]], axis=2).min(axis=1)
        assert away[taken[place]] == away.max()


def test_farthest_points_do_not_depend_on_the_order_in_the_file(source, tmp_path):
    order = np.random.default_rng(1).permutation(40)
    write_dataset(tmp_path / "shuffled.h5", made(order=order))
    with Dataset.open(source) as one, Dataset.open(tmp_path / "shuffled.h5") as other:
        train, test = by_farthest_points(one, 10)
        again, _ = by_farthest_points(other, 10)
        assert {one.identifiers[i] for i in train} == {other.identifiers[i] for i in again}
        points = np.stack((one.energies / one.natoms, one.volumes / one.natoms), axis=1)
    assert sorted([*train, *test]) == list(range(40))
    points /= points.std(axis=0)

    def radius(chosen):
        return np.linalg.norm(points[:, None] - points[chosen], axis=2).min(axis=1).max()

    assert radius(train) < 0.7 * radius(np.arange(10))


def test_farthest_points_need_energies_and_volumes_of_all(tmp_path):
    whole = made(6)
    alone = configuration("alone", [14], [[0, 0, 0]], energy=1.0)
    without = configuration("dark", [14], [[0, 0, 0]], np.eye(3))
    for name, more, message in (
        ("a.h5", [alone], "configuration alone has no cell volume; farthest points need it of all. "),
        ("b.h5", [without], "configuration dark has no energy; farthest points need it of all. "),
    ):
        write_dataset(tmp_path / name, whole + more)
        with Dataset.open(tmp_path / name) as dataset, pytest.raises(DataError) as caught:
            by_farthest_points(dataset, 3)
        assert str(caught.value) == f"{tmp_path}/{name}: {message}Split by fraction or tag instead."
    clusters = [configuration(f"k{i}", [14], [[0, 0, 0]], energy=float(i**2)) for i in range(5)]
    write_dataset(tmp_path / "c.h5", clusters)
    with Dataset.open(tmp_path / "c.h5") as dataset:
        assert by_farthest_points(dataset, 2)[0].tolist() == [2, 4]
        with pytest.raises(DataError) as caught:
            by_farthest_points(dataset, 5)
    assert str(caught.value) == (
        f"{tmp_path}/c.h5: 5 of 5 configurations for training leave none for one of the parts; take 1 to 4."
    )
    assert kept(40, 0.1) == 36
    assert kept(3, 0.1) == 2


def test_the_parts_together_are_the_whole_with_weights_tables_and_history(source, tmp_path):
    done = split_dataset(
        source,
        tmp_path / "a.h5",
        tmp_path / "b.h5",
        lambda d: by_tag(d, ["slab"]),
        "by tag, slab for testing",
    )
    expected = {c.identifier: c for c in made()}
    found = {}
    for part, name in ((done.train, "train"), (done.test, "test")):
        with Dataset.open(part.path) as dataset:
            dataset.verify()
            assert dataset.content_hash == part.content_hash
            assert dataset.table("eos")["v"].tolist() == [0, 1, 2, 3]
            found.update({c.identifier: c for c in dataset})
            steps = dataset.provenance
        assert [step["step"] for step in steps] == ["import", "split"]
        assert steps[1]["parents"][0] | {"content_hash": ""} == {
            "path": str(source),
            "content_hash": "",
            "steps": 1,
        }
        assert steps[1]["summary"] == (
            f"{name}, {part.configurations} of 40 configurations, by tag, slab for testing"
        )
    assert found.keys() == expected.keys()
    for name, one in expected.items():
        other = found[name]
        assert (one.energy, one.tag, dict(one.weights)) == (other.energy, other.tag, dict(other.weights))
        assert one.positions.tobytes() == other.positions.tobytes()
        assert (one.atom_weights is None) == (other.atom_weights is None)
        if one.atom_weights is not None:
            assert one.atom_weights.tobytes() == other.atom_weights.tobytes()


def test_test_configurations_that_training_knows_are_told(tmp_path):
    twins = [configuration(n, [14], [[0, 0, 0.5]], energy=1.0, tag=n) for n in "ab"]
    other = configuration("c", [14], [[0, 0, 0.7]], energy=1.0, tag="b")
    write_dataset(tmp_path / "all.h5", [*twins, other])
    done = split_dataset(
        tmp_path / "all.h5", tmp_path / "a.h5", tmp_path / "b.h5", lambda d: by_tag(d, ["b"]), "by tag"
    )
    assert done.leaked == ("b",)


def test_outputs_must_differ_from_each_other_and_from_the_source(source, tmp_path):
    def halves(dataset):
        return by_fraction(dataset, 0.5, 0)

    for train, test, message in (
        ("a.h5", "a.h5", f"{tmp_path}/a.h5: is written already; give another name to write to."),
        ("a.h5", "all.h5", f"{tmp_path}/all.h5: is what is read; give another name to write to."),
    ):
        with pytest.raises(DataError) as caught:
            split_dataset(source, tmp_path / train, tmp_path / test, halves, "", overwrite=True)
        assert str(caught.value) == message
    assert not (tmp_path / "a.h5").exists()


def test_blocks_joined_are_the_same_as_gathered_at_once():
    configurations = made(12)
    joined = join_blocks([gather(configurations[:5]), gather(configurations[5:])])
    whole = gather(configurations)
    assert joined.identifier == whole.identifier
    names = ("first_atom", "number", "position", "cell", "pbc", "energy", "force", "stress", "atom_weight")
    for name in names:
        np.testing.assert_array_equal(getattr(joined, name), getattr(whole, name))
    np.testing.assert_array_equal(joined.weight["energy"], whole.weight["energy"])
