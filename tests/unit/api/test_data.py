"""Datasets that a call gives in other forms than a path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hpcfit.api.data import given_data, in_memory, species_of
from hpcfit.data import Dataset, configuration
from hpcfit.errors import DataError, JobError

ONE = configuration("one", [14, 6], [[0, 0, 0], [2, 0, 0]], energy=-1.0, tag="a")
TWO = configuration("two", [18], [[0, 0, 0]], energy=0.0, tag="b")


def given(value: Any, tmp_path: Path, reading: Any = None) -> Any:
    return given_data(value, "dataset", lambda: tmp_path, reading, dict)


def test_a_path_of_a_dataset_is_taken_as_it_is(tmp_path: Path) -> None:
    found = given(Path("some") / "train.h5", tmp_path)
    assert (found.path, found.shown, found.written) == ("some/train.h5", "some/train.h5", False)


def test_configurations_are_written_for_the_time_of_the_call(tmp_path: Path) -> None:
    found = given([ONE, TWO], tmp_path)
    assert (found.path, found.shown, found.written) == (str(tmp_path / "dataset.h5"), "dataset", True)
    with Dataset.open(found.path) as dataset:
        assert dataset.identifiers == ("one", "two") or list(dataset.identifiers) == ["one", "two"]
    assert given(ONE, tmp_path).written


def test_the_species_are_those_of_the_configurations_that_take_part(tmp_path: Path) -> None:
    found = given([ONE, TWO], tmp_path)
    assert species_of(found, None, None) == ("Ar", "C", "Si")
    assert species_of(found, None, "a") == species_of(found, None, ["a"]) == ("C", "Si")
    assert species_of(found, None, ["not there"]) == ("Ar", "C", "Si")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (
            3,
            "fit(): dataset: a path, or a list of configurations or ase.Atoms, is expected, not 3.",
        ),
        ([], "fit(): dataset: the list is empty; give some configurations."),
        ([ONE, 3], "fit(): dataset[1]: a configuration or an ase.Atoms is expected, not 3 (int)."),
    ],
)
def test_what_is_no_data_is_told(value: Any, text: str, tmp_path: Path) -> None:
    with pytest.raises(JobError) as error:
        given(value, tmp_path)
    assert str(error.value) == text


def test_configurations_of_one_identifier_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        given([ONE, ONE], tmp_path)
    assert str(error.value) == (
        "fit(): dataset: identifier 'one' occurs more than once; every configuration needs its own."
    )


@pytest.mark.parametrize(
    ("reading", "text"),
    [
        ("dft", "fit(): reading: a dict such as {'energy_key': 'dft'} is expected, not 'dft'."),
        ({"energykey": "dft"}, "fit(): reading.energykey is not a known key. Did you mean energy_key?"),
        (
            {"leave_out": "stres"},
            "fit(): reading.leave_out: 'stres' is no quantity. Did you mean stress?",
        ),
    ],
)
def test_options_of_reading_that_do_not_exist_are_told(reading: Any, text: str, tmp_path: Path) -> None:
    with pytest.raises(JobError) as error:
        given([ONE], tmp_path, reading)
    assert str(error.value) == text


def test_a_file_that_is_not_there_is_told_before_its_species_are_asked_for(tmp_path: Path) -> None:
    found = given("nothing.h5", tmp_path)
    with pytest.raises(JobError) as error:
        species_of(found, None, None)
    assert str(error.value) == (
        "fit(): dataset: there is no file nothing.h5. Make it with `hpcfit import`; paths are relative to "
        "the current folder."
    )


def test_data_of_predictions_are_a_path_or_configurations() -> None:
    assert in_memory(Path("x.h5"), "predict()") == "x.h5"
    assert in_memory([ONE], "predict()") == [ONE]
    with pytest.raises(JobError) as error:
        in_memory(None, "predict()")
    assert str(error.value).startswith("predict(): data: a path, or a list")


def test_atoms_of_one_name_are_numbered(tmp_path: Path) -> None:
    ase = pytest.importorskip("ase")
    atoms = [
        ase.Atoms("Ar2", [[0, 0, 0], [0, 0, r]], info={"energy": -r, "name": "dimer"}) for r in (3.5, 4.0)
    ]
    found = given(atoms, tmp_path)
    with Dataset.open(found.path) as dataset:
        assert list(dataset.identifiers) == ["dimer#0", "dimer#1"]
    assert found.notes == ("dataset: 2 configurations; energy from 'energy' (2)",)
