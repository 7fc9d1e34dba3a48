"""Export is exact: what is imported again is the same dataset, to its hash."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hpcfit.data import READERS, Dataset, configuration, write_dataset
from hpcfit.data import export as export_module
from hpcfit.data.export import export_extxyz
from hpcfit.data.foreign_units import ForeignUnits, UnitChoice
from hpcfit.data.importing import import_dataset
from hpcfit.errors import DataError

FLOATS = st.floats(-1e9, 1e9)
POSITIVE = st.floats(0, 1e9)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


def array(*shape):
    return hnp.arrays(np.float64, shape, elements=FLOATS)


@st.composite
def configurations(draw):
    identifiers = draw(st.lists(TEXT.filter(bool), min_size=1, max_size=4, unique=True))
    made = []
    for identifier in identifiers:
        n = draw(st.integers(1, 3))
        cell = np.diag(draw(hnp.arrays(np.float64, 3, elements=st.floats(0.1, 100))))
        has_cell = draw(st.booleans())
        made.append(
            configuration(
                identifier,
                draw(st.lists(st.integers(1, 118), min_size=n, max_size=n)),
                draw(array(n, 3)),
                cell if has_cell else None,
                draw(st.lists(st.booleans(), min_size=3, max_size=3)) if has_cell else False,
                energy=draw(st.none() | FLOATS),
                forces=draw(st.none() | array(n, 3)),
                stress=draw(st.none() | array(6)) if has_cell else None,
                tag=draw(TEXT),
                weights=draw(st.dictionaries(st.sampled_from(["energy", "config", "my own"]), POSITIVE)),
                atom_weights=draw(st.none() | hnp.arrays(np.float64, n, elements=POSITIVE)),
            )
        )
    return made


@given(configurations())
@settings(max_examples=40, deadline=None)
def test_a_dataset_exported_and_imported_has_the_same_content_hash(tmp_path_factory, made):
    folder = tmp_path_factory.mktemp("round")
    expected = write_dataset(folder / "a.h5", made)
    export_extxyz(folder / "a.h5", folder / "a.extxyz")
    again = import_dataset([folder / "a.extxyz"], folder / "b.h5", READERS)
    assert again.content_hash == expected
    export_extxyz(folder / "b.h5", folder / "b.extxyz")
    assert (folder / "b.extxyz").read_bytes() == (folder / "a.extxyz").read_bytes()


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "a.h5"
    made = [
        configuration(
            f"c{i}", [14] * 3, np.eye(3) * (i + 1) / 3, energy=-i / 7, tag="ab,c"[i % 3 : i % 3 + 2]
        )
        for i in range(10)
    ]
    write_dataset(path, made, tables={"eos": {"x": np.arange(3.0)}})
    return path


def test_what_has_no_place_is_told(source, tmp_path):
    done = export_extxyz(source, tmp_path / "a.xyz")
    assert (done.configurations, done.atoms, done.tables_left_out) == (10, 30, ("eos",))


def test_tags_select_one_by_one_or_with_commas(source, tmp_path):
    with Dataset.open(source) as dataset:
        assert set(dataset.tags) == {"ab", "b,", ",c"}
    assert export_extxyz(source, tmp_path / "a.xyz", tags=["ab"]).configurations == 4
    assert export_extxyz(source, tmp_path / "b.xyz", tags=["ab", "b,"]).configurations == 7
    with pytest.raises(DataError, match=r"^no configuration has the tag 'x'\.") as caught:
        export_extxyz(source, tmp_path / "c.xyz", tags=["ab,x"])
    assert "Known: ,c, ab, b," in str(caught.value)


def test_pieces_are_written_one_after_the_other(source, tmp_path, monkeypatch):
    export_extxyz(source, tmp_path / "whole.xyz")
    monkeypatch.setattr(export_module, "_PIECE_ATOMS", 7)
    export_extxyz(source, tmp_path / "pieces.xyz")
    assert (tmp_path / "pieces.xyz").read_text() == (tmp_path / "whole.xyz").read_text()


def test_other_units_are_written_and_said_and_lead_back(source, tmp_path):
    export_extxyz(source, tmp_path / "a.xyz", units=ForeignUnits("Ha", "bohr", "GPa"))
    comment = (tmp_path / "a.xyz").read_text().splitlines()[1]
    assert 'energy_unit="Ha" length_unit="bohr" stress_unit="GPa" stress_sign="tension"' in comment
    choice = UnitChoice("Ha", "bohr", "GPa")
    made = import_dataset([tmp_path / "a.xyz"], tmp_path / "b.h5", READERS, units=choice).configurations
    with Dataset.open(source) as dataset:
        for one, other in zip(dataset, made, strict=True):
            np.testing.assert_allclose(one.positions, other.positions, rtol=1e-15)
            assert one.energy == pytest.approx(other.energy, rel=1e-15)


def test_a_failed_export_leaves_what_was_there(source, tmp_path, monkeypatch):
    output = tmp_path / "a.xyz"
    output.write_text("precious")
    with pytest.raises(DataError) as caught:
        export_extxyz(source, output)
    assert str(caught.value) == f"{output}: exists already; use --force to replace it, or another name."

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export_module, "extxyz_frame", fail)
    with pytest.raises(DataError) as caught:
        export_extxyz(source, output, overwrite=True)
    assert str(caught.value) == f"{output}: cannot be written ([Errno 28] No space left on device)."
    assert output.read_text() == "precious"
    assert {path.name for path in tmp_path.iterdir()} == {"a.h5", "a.xyz"}


def test_the_source_is_not_written_over(source):
    with pytest.raises(DataError) as caught:
        export_extxyz(source, source, overwrite=True)
    assert str(caught.value) == f"{source}: is what is read; give another name to write to."


def test_a_name_that_promises_another_format_is_refused(source, tmp_path):
    output = tmp_path / "a.traj"
    with pytest.raises(DataError) as caught:
        export_extxyz(source, output)
    assert str(caught.value) == (
        f"{output}: extended XYZ is written; give a name that ends in .extxyz or .xyz, or - for standard "
        "output."
    )
    assert not output.exists()
