"""A frame of extended XYZ keeps every bit, for this package's reader and for ASE."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hpcfit.data import ReadOptions, ReadReport, Source, configuration
from hpcfit.data import extxyz_frame as extxyz_frame_module
from hpcfit.data.extxyz_frame import extxyz_frame
from hpcfit.data.readers.extxyz import ExtxyzReader


def read(folder, text):
    path = folder / "file.extxyz"
    path.write_text(text, encoding="utf-8")
    return list(ExtxyzReader().read(Source(path, "file.extxyz"), ReadOptions(), ReadReport()))


def full():
    rng = np.random.default_rng(3)
    return configuration(
        'a "name" with = [odd] {text}, \\n and ünicode',
        [14, 6, 118],
        rng.normal(size=(3, 3)) * 1e3,
        rng.normal(size=(3, 3)),
        [True, False, True],
        energy=-1 / 3,
        forces=rng.normal(size=(3, 3)) * 1e-9,
        stress=rng.normal(size=6),
        tag="melt and more",
        weights={"config": 0.1, "energy": 1 / 7, "odd one's": 3.0},
        atom_weights=rng.random(3),
    )


def assert_same(made, given):
    for name in ("identifier", "tag", "energy"):
        assert getattr(made, name) == getattr(given, name)
    assert dict(made.weights) == dict(given.weights)
    for name in ("numbers", "positions", "cell", "pbc", "forces", "stress", "atom_weights"):
        found, expected = getattr(made, name), getattr(given, name)
        assert (found is None) == (expected is None)
        if expected is not None:
            assert found.tobytes() == expected.tobytes(), name


def test_a_full_configuration_comes_back_to_the_last_bit(tmp_path):
    given = full()
    (made,) = read(tmp_path, extxyz_frame(given))
    assert_same(made, given)


def test_a_bare_configuration_says_nothing_that_is_not_known(tmp_path):
    given = configuration("atom", [18], [[0, 0.1, 0]])
    text = extxyz_frame(given)
    assert text == '1\nProperties=species:S:1:pos:R:3 identifier="atom" pbc="F F F"\nAr 0.0 0.1 0.0\n'
    assert_same(read(tmp_path, text)[0], given)


def test_large_configurations_are_written_in_pieces(monkeypatch):
    given = full()
    text = extxyz_frame(given, arrays={"n": [1, 2, 3]})
    monkeypatch.setattr(extxyz_frame_module, "_PIECE", 2)
    assert extxyz_frame(given, arrays={"n": [1, 2, 3]}) == text


FLOATS = st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_configuration_comes_back_to_the_last_bit(tmp_path_factory, data):
    n = data.draw(st.integers(1, 4))
    array = lambda *shape: hnp.arrays(np.float64, shape, elements=FLOATS)  # noqa: E731
    optional = lambda strategy: data.draw(st.none() | strategy)  # noqa: E731
    positive = st.floats(0, allow_nan=False, allow_infinity=False)
    given = configuration(
        data.draw(TEXT.filter(bool)),
        data.draw(st.lists(st.integers(1, 118), min_size=n, max_size=n)),
        data.draw(array(n, 3)),
        np.diag(data.draw(hnp.arrays(np.float64, 3, elements=st.floats(1e-3, 1e6)))),
        data.draw(st.lists(st.booleans(), min_size=3, max_size=3)),
        energy=optional(FLOATS),
        forces=optional(array(n, 3)),
        stress=optional(hnp.arrays(np.float64, 6, elements=st.floats(-1e300, 1e300))),
        tag=data.draw(TEXT),
        weights=data.draw(st.dictionaries(TEXT.filter(bool), positive, max_size=3)),
        atom_weights=optional(hnp.arrays(np.float64, n, elements=positive)),
    )
    (made,) = read(tmp_path_factory.mktemp("frame"), extxyz_frame(given))
    assert_same(made, given)


def test_ase_reads_what_is_written(tmp_path):
    ase_io = pytest.importorskip("ase.io")
    given = full()
    path = tmp_path / "file.extxyz"
    words = {"phase": np.array(["a", "b", "c"]), "near_tip": np.array([True, False, True])}
    text = extxyz_frame(
        given,
        info={"error": 0.25, "step": 3, "done": True, "by": "me and you", "pair": [1.5, 2.5], "t": np.eye(2)},
        arrays={"f2": np.ones((3, 3)), **words},
    )
    path.write_text(text + extxyz_frame(configuration("b", [1], [[0, 0, 0]])))
    made, last = ase_io.read(path, ":")
    assert made.get_potential_energy() == given.energy
    assert made.get_forces().tolist() == given.forces.tolist()
    assert made.get_stress().tolist() == given.stress.tolist()
    assert made.get_chemical_symbols() == list(given.symbols)
    assert made.positions.tolist() == given.positions.tolist()
    assert made.cell.tolist() == given.cell.tolist()
    assert made.pbc.tolist() == given.pbc.tolist()
    assert made.info["identifier"] == given.identifier
    assert made.info["config_type"] == given.tag
    assert made.info["energy_weight"] == 1 / 7
    assert made.arrays["atom_weight"].tolist() == given.atom_weights.tolist()
    assert (made.info["error"], made.info["step"], made.info["by"]) == (0.25, 3, "me and you")
    assert made.info["done"]
    assert made.info["pair"].tolist() == [1.5, 2.5]
    assert made.info["t"].tolist() == [[1, 0], [0, 1]]
    assert made.arrays["f2"].shape == (3, 3)
    assert made.arrays["phase"].tolist() == ["a", "b", "c"]
    assert made.arrays["near_tip"].tolist() == [True, False, True]
    assert not last.pbc.any()
    assert last.info["identifier"] == "b"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"info": {"Energy": 1.0}}, "info 'Energy' is written already."),
        ({"arrays": {"forces": np.ones((3, 3))}}, "array 'forces' is written already."),
        ({"arrays": {"f": [1, 2]}}, r"array 'f' has shape \(2,\) for 3 atoms."),
        ({"arrays": {"a:b": [1, 2, 3]}}, "array 'a:b' of type int64 cannot be a column of extended XYZ."),
        ({"arrays": {"a": ["x", "y z", "w"]}}, "a column of words must have no spaces and no empty words."),
        ({"info": {"a": None}}, "None cannot be an entry of extended XYZ."),
    ],
)
def test_what_cannot_be_written_is_refused(more, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        extxyz_frame(full(), **more)
