"""Units: their values, their names, and the way there and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcfit import units
from hpcfit.data import READERS, Dataset, Reader, configuration, write_dataset
from hpcfit.data.converting import convert_units
from hpcfit.data.foreign_units import ForeignUnits, UnitChoice
from hpcfit.data.importing import import_dataset
from hpcfit.errors import DataError

FRAME = (
    '2\nLattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3:forces:R:3 energy=-3 {more}\n'
    "Si 0 0 0 1 0 0\nC 1.9 0 0 -1 0 0\n"
)
STRESS = 'stress="1 0 0 0 2 0 0 0 3"'


def full(energy=-4.0, stress=(1, 2, 3, 4, 5, 6)):
    return configuration(
        "a",
        [14, 14],
        [[0, 0, 0], [2.1, 0.3, 0]],
        np.eye(3) * 7,
        True,
        energy=energy,
        forces=[[0.1, 0.2, 0.3]] * 2,
        stress=stress,
        weights={"energy": 3.0},
        atom_weights=[0.5, 1.5],
    )


def test_values_are_those_of_ase_and_scipy():
    ase_units = pytest.importorskip("ase.units").create_units("2018")
    constants = pytest.importorskip("scipy.constants")
    expected = {
        "eV": 1.0,
        "meV": 1e-3,
        "Ry": ase_units["Ry"],
        "Ha": ase_units["Ha"],
        "kcal/mol": ase_units["kcal"] / ase_units["mol"],
        "kJ/mol": ase_units["kJ"] / ase_units["mol"],
    }
    assert pytest.approx(expected, rel=1e-10) == units.ENERGY
    assert units.ENERGY["kJ/mol"] == pytest.approx(1000 / constants.N_A / constants.e, rel=1e-15)
    assert pytest.approx({"angstrom": 1, "bohr": ase_units["Bohr"], "nm": 10}, rel=1e-10) == units.LENGTH
    assert units.STRESS["GPa"] == pytest.approx(ase_units["GPa"], rel=1e-7)
    assert units.STRESS["Ha/bohr^3"] / units.STRESS["GPa"] == pytest.approx(29421.02, rel=1e-6)
    assert units.STRESS["bar"] * 10_000 == pytest.approx(units.STRESS["GPa"])


@pytest.mark.parametrize(
    ("given", "shown"),
    [("HA", "Ha"), ("hartree", "Ha"), ("ev", "eV"), (" Rydberg ", "Ry"), ("KCAL/MOL", "kcal/mol")],
)
def test_names_of_units_may_be_in_any_capitals(given, shown):
    assert UnitChoice(energy=given).energy == shown


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"energy": "hatree"}, "--energy-unit hatree: is not a unit of energy. Did you mean Ha?"),
        (
            {"energy": "bohr"},
            "--energy-unit bohr: is not a unit of energy. Known: eV, meV, Ry, Ha, kcal/mol, kJ/mol.",
        ),
        ({"length": "angstom"}, "--length-unit angstom: is not a unit of length. Did you mean angstrom?"),
        ({"stress": "gpaa"}, "--stress-unit gpaa: is not a unit of stress. Did you mean GPa?"),
        (
            {"stress_sign": "up"},
            "--stress-sign up: is not a sign of stress. Known: tension, compression.",
        ),
    ],
)
def test_what_is_no_unit_is_refused_with_a_suggestion(choice, message):
    with pytest.raises(DataError) as caught:
        UnitChoice(**choice)
    assert str(caught.value) == message


def test_forces_and_stress_follow_from_energy_and_length():
    made = ForeignUnits("Ha", "bohr").to_native(full())
    hartree, bohr = units.ENERGY["Ha"], units.LENGTH["bohr"]
    assert made.energy == -4 * hartree
    np.testing.assert_allclose(made.positions, full().positions * bohr, rtol=1e-15)
    np.testing.assert_allclose(made.forces, full().forces * hartree / bohr, rtol=1e-15)
    np.testing.assert_allclose(made.stress, full().stress * hartree / bohr**3, rtol=1e-15)
    assert made.volume == pytest.approx(343 * bohr**3)
    assert dict(made.weights) == {"energy": 3.0}
    assert made.atom_weights.tolist() == [0.5, 1.5]


def test_a_stress_may_have_a_unit_and_a_sign_of_its_own():
    made = ForeignUnits("Ha", "bohr", "kbar", "compression").to_native(full())
    np.testing.assert_allclose(made.stress, [-0.1 / units.GPA * i for i in range(1, 7)], rtol=1e-15)


@given(
    st.sampled_from(list(units.ENERGY)),
    st.sampled_from(list(units.LENGTH)),
    st.none() | st.sampled_from(list(units.STRESS)),
    st.sampled_from(["tension", "compression"]),
    st.floats(-1e6, 1e6),
)
def test_there_and_back_is_the_same(energy, length, stress, sign, value):
    given_units = ForeignUnits(energy, length, stress, sign)
    made = given_units.to_native(given_units.from_native(full(energy=value)))
    assert made.energy == pytest.approx(value, rel=1e-15)
    for name in ("positions", "cell", "forces", "stress"):
        np.testing.assert_allclose(getattr(made, name), getattr(full(), name), rtol=2e-15)


def read(path):
    with Dataset.open(path) as dataset:
        return dataset.read(0, len(dataset)).configuration(0), dataset.provenance


def imported(tmp_path, more, readers=READERS, name="a.xyz", **choice):
    (tmp_path / name).write_text(FRAME.format(more=more))
    return import_dataset(
        [tmp_path / name], tmp_path / "a.h5", readers, units=UnitChoice(**choice), overwrite=True
    )


def test_an_import_converts_and_says_so_in_the_provenance(tmp_path):
    result = imported(tmp_path, STRESS, energy="ry", length="BOHR", stress="gpa", stress_sign="Compression")
    made, (step,) = read(tmp_path / "a.h5")
    assert made.energy == -3 * units.ENERGY["Ry"]
    assert made.cell[0, 0] == 9 * units.LENGTH["bohr"]
    assert made.stress[2] == pytest.approx(-3 / units.GPA)
    assert result.units == {"extxyz": ForeignUnits("Ry", "bohr", "GPa", "compression")}
    assert step["units"] == {
        "extxyz": {"energy": "Ry", "length": "bohr", "stress": "GPa", "stress_sign": "compression"}
    }
    assert step["summary"] == "extxyz from energy Ry, length bohr, stress GPa positive in compression"


def test_a_virial_follows_the_unit_of_energy_and_takes_no_unit_of_stress(tmp_path):
    virial = 'virial="729 0 0 0 0 0 0 0 0"'
    imported(tmp_path, virial, energy="Ha", length="bohr")
    made, _ = read(tmp_path / "a.h5")
    assert made.stress[0] == pytest.approx(-units.STRESS["Ha/bohr^3"])
    with pytest.raises(DataError) as caught:
        imported(tmp_path, virial, stress="GPa")
    assert str(caught.value) == (
        "--stress-unit: the stress comes from 'virial', which is -V stress in the unit of energy; leave the "
        "option out, or choose another key with --stress-key."
    )


def test_what_a_frame_says_of_its_units_is_not_overlooked(tmp_path):
    said = "energy_unit=hartree length_unit=bohr"
    with pytest.raises(DataError) as caught:
        imported(tmp_path, said)
    assert str(caught.value) == (
        f"{tmp_path}/a.xyz: says energy_unit=hartree and length_unit=bohr; import it with --energy-unit Ha "
        "--length-unit bohr, or correct the file."
    )
    with pytest.raises(DataError, match="says length_unit=bohr; import it with --length-unit bohr"):
        imported(tmp_path, said, energy="Ha")
    imported(tmp_path, said, energy="Ha", length="bohr")
    assert read(tmp_path / "a.h5")[0].energy == -3 * units.ENERGY["Ha"]
    imported(tmp_path, "energy_unit=EV stress_unit=eV/Ang^3")


class AtomicUnitsReader(Reader):
    name = "atomic"
    formats = "one number"
    energy_unit = "Ha"
    length_unit = "bohr"

    def sniff(self, path):
        return path.suffix == ".atomic"

    def read(self, source, options, report):
        yield configuration(source.identifier(0), [14], [[0, 0, 1]], energy=2.0)


class FixedReader(AtomicUnitsReader):
    fixed_units = True


class TypoReader(AtomicUnitsReader):
    energy_unit = "Hartre"


def test_a_readers_own_units_are_converted_and_can_be_overridden_unless_fixed(tmp_path):
    imported(tmp_path, "", {"atomic": AtomicUnitsReader()}, "a.atomic")
    made, _ = read(tmp_path / "a.h5")
    assert made.energy == 2 * units.ENERGY["Ha"]
    assert made.positions[0, 2] == units.LENGTH["bohr"]
    imported(tmp_path, "", {"atomic": AtomicUnitsReader()}, "a.atomic", energy="Ry")
    assert read(tmp_path / "a.h5")[0].energy == 2 * units.ENERGY["Ry"]
    with pytest.raises(DataError) as caught:
        imported(tmp_path, "", {"atomic": FixedReader()}, "a.atomic", energy="Ry", length="nm")
    assert str(caught.value) == (
        f"{tmp_path}/a.atomic: what the reader atomic reads is in Ha and bohr by definition; leave "
        "--energy-unit and --length-unit out, or import this file by itself."
    )
    with pytest.raises(DataError) as caught:
        imported(tmp_path, "", {"atomic": TypoReader()}, "a.atomic")
    assert str(caught.value) == "reader atomic: Hartre: is not a unit of energy. Did you mean Ha?"


def test_a_dataset_can_be_converted_afterwards_as_if_imported_so(tmp_path):
    imported(tmp_path, STRESS, energy="kcal/mol", length="nm", stress="kbar")
    with Dataset.open(tmp_path / "a.h5") as dataset:
        expected = dataset.content_hash
    imported(tmp_path, STRESS)
    choice = UnitChoice("kcal/mol", "nm", "kbar")
    done = convert_units(tmp_path / "a.h5", tmp_path / "b.h5", choice)
    assert done.content_hash == expected
    assert done.earlier == ()
    _, (first, second) = read(tmp_path / "b.h5")
    assert (first["step"], second["step"]) == ("import", "convert-units")
    assert second["parents"][0]["path"] == str(tmp_path / "a.h5")
    again = convert_units(tmp_path / "b.h5", tmp_path / "c.h5", UnitChoice(energy="Ha"))
    assert len(again.earlier) == 1
    assert again.earlier[0].startswith(f"convert-units of {tmp_path}/a.h5 at ")


def test_tables_and_weights_are_converted_to_nothing_else(tmp_path):
    write_dataset(tmp_path / "a.h5", [full()], tables={"eos": {"x": np.arange(3.0)}})
    convert_units(tmp_path / "a.h5", tmp_path / "b.h5", UnitChoice(energy="Ha"))
    with Dataset.open(tmp_path / "b.h5") as dataset:
        assert dataset.table("eos")["x"].tolist() == [0, 1, 2]
        made = dataset.read(0, 1).configuration(0)
    assert dict(made.weights) == {"energy": 3.0}
    assert made.atom_weights.tolist() == [0.5, 1.5]


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (
            {},
            "say what its numbers are in, with --energy-unit, --length-unit, --stress-unit or --stress-sign.",
        ),
        (
            {"energy": "eV", "stress": "eV/A^3"},
            "--energy-unit and --stress-unit: datasets are in that already (eV, angstrom, stress positive in "
            "tension); there is nothing to convert.",
        ),
        ({"stress": "GPa"}, "has no stress; there is nothing to convert."),
    ],
)
def test_a_conversion_that_would_change_nothing_is_refused(tmp_path, choice, message):
    source = tmp_path / "a.h5"
    write_dataset(source, [full(stress=None)])
    with pytest.raises(DataError) as caught:
        convert_units(source, tmp_path / "b.h5", UnitChoice(**choice))
    assert str(caught.value) == f"{source}: {message}"
    assert not (tmp_path / "b.h5").exists()
    with pytest.raises(DataError) as caught:
        convert_units(source, source, UnitChoice(energy="Ha"), overwrite=True)
    assert str(caught.value) == f"{source}: is what is read; give another name to write to."
