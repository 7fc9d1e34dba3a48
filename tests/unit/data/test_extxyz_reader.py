"""Extended XYZ in the dialects that are found in the field."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpcfit.data import ReadOptions, ReadReport, Source
from hpcfit.data.readers.extxyz import ExtxyzReader
from hpcfit.data.readers.extxyz_text import parse_comment
from hpcfit.errors import DataError

HEAD = 'Lattice="4 0 0 0 5 0 0 0 6" Properties=species:S:1:pos:R:3:forces:R:3'
ATOMS = "Si 0 0 0 0.1 0.2 0.3\nC 1.9 0 0 -0.1 -0.2 -0.3\n"


def read(tmp_path, text, options=None, tag=""):
    path = tmp_path / "file.xyz"
    path.write_text(text)
    report = ReadReport()
    source = Source(path, "file.xyz", tag)
    return list(ExtxyzReader().read(source, options or ReadOptions(), report)), report


def frame(comment, atoms=ATOMS):
    return f"{atoms.count(chr(10))}\n{comment}\n{atoms}"


def message(tmp_path, text, options=None):
    with pytest.raises(DataError) as caught:
        read(tmp_path, text, options)
    return str(caught.value).replace(str(tmp_path), "")


def test_a_full_configuration_is_read(tmp_path):
    comment = HEAD + ' energy=-3.5 stress="1 2 3 2 4 5 3 5 6" pbc="T T F" config_type=bulk name=first'
    (made,), report = read(tmp_path, frame(comment))
    assert (made.identifier, made.tag, made.energy) == ("first", "bulk", -3.5)
    assert made.symbols == ("Si", "C")
    assert made.positions.tolist() == [[0, 0, 0], [1.9, 0, 0]]
    assert made.forces.tolist() == [[0.1, 0.2, 0.3], [-0.1, -0.2, -0.3]]
    assert made.stress.tolist() == [1, 4, 6, 5, 3, 2]
    assert made.cell.tolist() == [[4, 0, 0], [0, 5, 0], [0, 0, 6]]
    assert made.pbc.tolist() == [True, True, False]
    assert dict(report.keys) == {("energy", "energy"): 1, ("forces", "forces"): 1, ("stress", "stress"): 1}


@pytest.mark.parametrize(
    "key", ["energy", "Energy", "REF_energy", "dft_energy", "DFT_energy", "total_energy"]
)
def test_the_aliases_of_the_energy_are_known(tmp_path, key):
    (made,), report = read(tmp_path, frame(f"{HEAD} {key}=-3.5"))
    assert made.energy == -3.5
    assert report.keys["energy", key] == 1


@pytest.mark.parametrize("key", ["forces", "force", "REF_forces", "DFT_forces", "dft_force"])
def test_the_aliases_of_the_forces_are_known(tmp_path, key):
    (made,), report = read(tmp_path, frame(HEAD.replace("forces", key)))
    assert made.forces[0].tolist() == [0.1, 0.2, 0.3]
    assert report.keys["forces", key] == 1


@pytest.mark.parametrize("key", ["virial", "virials", "REF_virial", "dft_virials"])
def test_a_virial_becomes_a_stress_of_opposite_sign_by_volume(tmp_path, key):
    (made,), _ = read(tmp_path, frame(f'{HEAD} {key}="120 0 0 0 240 0 0 0 360"'))
    np.testing.assert_allclose(made.stress, [-1, -2, -3, 0, 0, 0])


def test_the_kliff_dialect_is_read(tmp_path):
    comment = (
        'Lattice="4 0 0 0 5 0 0 0 6 " PBC="1 1 1" Properties=species:S:1:pos:R:3:force:R:3 Energy="-258.3"'
    )
    (made,), _ = read(tmp_path, frame(comment))
    assert made.energy == -258.3
    assert made.pbc.all()
    assert made.forces is not None


def test_atomic_numbers_stand_for_species(tmp_path):
    (made,), _ = read(tmp_path, frame("Properties=pos:R:3:Z:I:1", "0 0 0 14\n0 0 2 6\n"))
    assert made.symbols == ("Si", "C")


def test_plain_xyz_has_no_cell_and_no_targets(tmp_path):
    (made,), report = read(tmp_path, frame("water, energy unknown", "O 0 0 0\nH 0 0 1\n"))
    assert not made.pbc.any()
    assert np.isnan(made.volume)
    assert (made.energy, made.forces, made.stress) == (None, None, None)
    assert not report.keys


def test_many_configurations_are_numbered_from_zero(tmp_path):
    made, _ = read(tmp_path, frame(f"{HEAD} energy=1") + frame(f"{HEAD} energy=2"), tag="melt")
    assert [c.identifier for c in made] == ["file.xyz#0", "file.xyz#1"]
    assert [c.tag for c in made] == ["melt", "melt"]


def test_nan_is_a_missing_value(tmp_path):
    (made,), report = read(tmp_path, frame(f"{HEAD} energy=nan", "Si 0 0 0 nan nan nan\n"))
    assert made.energy is None
    assert made.forces is None
    assert not report.keys


def test_weights_in_the_file_are_kept_under_our_names(tmp_path):
    (made,), _ = read(tmp_path, frame(f"{HEAD} config_weight=2 config_energy_weight=3 forces_weight=4"))
    assert made.weights == {"config": 2.0, "energy": 3.0, "forces": 4.0}


def test_two_energies_that_agree_are_one(tmp_path):
    (made,), report = read(tmp_path, frame(f"{HEAD} REF_energy=-3.5 energy=-3.5"))
    assert made.energy == -3.5
    assert report.keys["energy", "energy"] == 1


def test_two_energies_that_differ_are_the_users_choice(tmp_path):
    text = frame(f"{HEAD} energy=-3.5 REF_energy=-3.6")
    assert message(tmp_path, text) == (
        "/file.xyz:1: has both energy and REF_energy, with different values. Choose with "
        "--energy-key energy or --energy-key REF_energy, or --no-energy."
    )
    (made,), _ = read(tmp_path, text, ReadOptions(energy_key="REF_energy"))
    assert made.energy == -3.6
    (made,), _ = read(tmp_path, text, ReadOptions(leave_out=frozenset(["energy"])))
    assert made.energy is None


def test_a_free_energy_is_taken_only_when_asked_for(tmp_path):
    text = frame(f"{HEAD} free_energy=-3.6")
    assert read(tmp_path, text)[0][0].energy is None
    assert read(tmp_path, text, ReadOptions(energy_key="free_energy"))[0][0].energy == -3.6


def test_a_byte_order_mark_is_no_part_of_the_file(tmp_path):
    text = "\ufeff" + frame(f"{HEAD} energy=-1.5")
    assert read(tmp_path, text)[0][0].energy == -1.5
    assert ExtxyzReader().sniff(tmp_path / "file.xyz")


def test_names_in_another_encoding_are_refused(tmp_path):
    path = tmp_path / "file.xyz"
    path.write_bytes(frame(f'{HEAD} config_type="\xe5"').encode("latin-1"))
    with pytest.raises(DataError) as caught:
        list(ExtxyzReader().read(Source(path, "file.xyz", ""), ReadOptions(), ReadReport()))
    assert str(caught.value) == (
        f"{path}:2: not UTF-8 text; convert the file, such as with `iconv -f latin1 -t utf-8`."
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "two\n\nSi 0 0 0\n",
            "/file.xyz:1: expected the number of atoms of a configuration, found 'two'.",
        ),
        ("3\n\nSi 0 0 0\n", "/file.xyz:1: the file ends after 1 of 3 atoms; it is truncated."),
        ("3\n", "/file.xyz:1: the file ends after 0 of 3 atoms; it is truncated."),
        (
            frame(HEAD, "Si 0 0 0 0 0 0\nSi 0 0 1\n"),
            "/file.xyz:4: expected 7 columns as Properties say, found 4.",
        ),
        (
            frame(HEAD, "Si 0 0 x 0 0 0\n"),
            "/file.xyz:3: 'pos', column 4 as Properties say: 'x' is not a number.",
        ),
        (
            frame(HEAD, "Si 0 0 0 0 0 0\nSi 0 0 1 0 ****** 0\n"),
            "/file.xyz:4: 'forces', column 6 as Properties say: '******' is not a number.",
        ),
        (
            frame(HEAD, "Sx 0 0 0 0 0 0\n"),
            "/file.xyz:1: 'Sx' is not the symbol of a chemical element (write it as in 'Si').",
        ),
        (
            frame("Properties=species:S:1:pos:R", "Si 0 0 0\n"),
            "/file.xyz:2: Properties=species:S:1:pos:R is not name:type:count with types S, R, I, L.",
        ),
        (
            frame("Properties=species:S:1", "Si\n"),
            "/file.xyz:1: Properties name no positions (pos:R:3).",
        ),
        (
            frame("Properties=pos:R:3", "0 0 0\n"),
            "/file.xyz:1: Properties name no species (species:S:1, or Z:I:1).",
        ),
        (frame('Lattice="1 2 3"', "Si 0 0 0\n"), '/file.xyz:1: Lattice="1 2 3" is not nine numbers.'),
        (frame(HEAD + ' pbc="T T X"'), '/file.xyz:1: pbc="T T X" is not three of T and F.'),
        (
            frame(HEAD + " energy=low"),
            "/file.xyz:1: energy = 'low' is not a number or a list of numbers.",
        ),
        (
            frame(HEAD, "Si 0 0 0 0 0 nan\n"),
            "/file.xyz:1: forces contains NaN or infinity; correct it or use --no-forces.",
        ),
        (
            frame(HEAD + ' stress="1 2 3 9 4 5 3 5 6"'),
            "/file.xyz:1: stress is not a symmetric matrix; correct it or use --no-stress.",
        ),
        (frame(HEAD + ' stress="1 2 3"'), "/file.xyz:1: stress has 3 numbers instead of 6 or 9."),
        (
            frame('virial="1 0 0 0 1 0 0 0 1"', "Si 0 0 0\n"),
            "/file.xyz:1: has virial but no cell volume to make a stress of it; use --no-stress.",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(tmp_path, text, expected):
    assert message(tmp_path, text) == expected


def test_the_second_configuration_is_found_at_its_line(tmp_path):
    assert message(tmp_path, frame(HEAD) + frame(HEAD + " energy=low")).startswith("/file.xyz:5: energy")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('a=1 b="2 3" c=T flag', {"a": "1", "b": "2 3", "c": "T"}),
        ("a='x y' b={1 2 3} c=[1, 2, 3]", {"a": "x y", "b": "{1 2 3}", "c": "[1, 2, 3]"}),
        ("m=[[1, 2], [3, 4]] n=5", {"m": "[[1, 2], [3, 4]]", "n": "5"}),
        (r'q="say \"yes\"" "two words"=7', {"q": 'say "yes"', "two words": "7"}),
        ("a = 1 b =2", {"a": "1", "b": "2"}),
        ("", {}),
    ],
)
def test_comment_lines_are_split_into_keys_and_values(line, expected):
    assert parse_comment(line) == expected


def test_files_are_recognised_by_their_beginning(tmp_path):
    reader = ExtxyzReader()
    for name, text, expected in (
        ("a.xyz", frame(HEAD), True),
        ("noext", frame(HEAD), True),
        ("b.xyz", "not a number\n", False),
        ("c.txt", "12\nsome text\n", False),
        ("empty.xyz", "", False),
    ):
        path = tmp_path / name
        path.write_text(text)
        assert reader.sniff(path) is expected, name


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 5), st.integers(0, 2**32 - 1), st.booleans())
def test_what_ase_writes_is_read_as_ase_reads_it(tmp_path_factory, natoms, seed, full_pbc):
    ase = pytest.importorskip("ase")
    from ase.calculators.singlepoint import SinglePointCalculator
    from ase.io import write

    rng = np.random.default_rng(seed)
    atoms = ase.Atoms(
        numbers=rng.integers(1, 119, natoms),
        positions=rng.normal(size=(natoms, 3)),
        cell=np.eye(3) * 4 + rng.normal(size=(3, 3)) * 0.1,
        pbc=True if full_pbc else [True, False, True],
    )
    atoms.calc = SinglePointCalculator(
        atoms, energy=rng.normal(), forces=rng.normal(size=(natoms, 3)), stress=rng.normal(size=6)
    )
    path = tmp_path_factory.mktemp("ase") / "ase.extxyz"
    write(path, atoms, format="extxyz")
    (made,) = ExtxyzReader().read(Source(path, "ase"), ReadOptions(), ReadReport())
    assert made.numbers.tolist() == atoms.numbers.tolist()
    assert made.pbc.tolist() == atoms.pbc.tolist()
    np.testing.assert_allclose(made.positions, atoms.positions, atol=1e-7)
    np.testing.assert_allclose(made.cell, atoms.cell[:], atol=1e-7)
    np.testing.assert_allclose(made.energy, atoms.get_potential_energy(), rtol=1e-12)
    np.testing.assert_allclose(made.forces, atoms.get_forces(), atol=1e-7)
    np.testing.assert_allclose(made.stress, atoms.get_stress(), rtol=1e-12)
