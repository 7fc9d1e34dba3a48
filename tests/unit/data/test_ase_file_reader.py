"""ASE trajectories, and other formats of ASE by name."""

from __future__ import annotations

import builtins

import numpy as np
import pytest
from reading import message, read

from hpcfit.data import READERS, ReadOptions
from hpcfit.data.importing import import_dataset
from hpcfit.data.readers.ase_file import AseReader
from hpcfit.errors import DataError

READER = AseReader()


def images():
    ase = pytest.importorskip("ase")
    from ase.calculators.singlepoint import SinglePointCalculator
    from ase.constraints import FixAtoms

    for shift in (0.0, 0.1):
        atoms = ase.Atoms(
            "Si2", [[0, 0, 0], [1.4, 1.3, 1.3 + shift]], cell=[5, 5, 6], pbc=[True, True, False]
        )
        atoms.set_constraint(FixAtoms([0]))
        atoms.calc = SinglePointCalculator(
            atoms, energy=-8.5 - shift, forces=[[1, 0, shift], [-1, 0, -shift]], stress=[1, 2, 3, 4, 5, 6]
        )
        yield atoms


@pytest.fixture
def trajectory(tmp_path):
    io = pytest.importorskip("ase.io")
    path = tmp_path / "a.traj"
    io.write(path, list(images()))
    return path


def test_a_trajectory_is_read_with_the_forces_on_fixed_atoms(trajectory):
    made, report = read(READER, trajectory)
    assert [(c.identifier, c.energy) for c in made] == [("a.traj#0", -8.5), ("a.traj#1", -8.6)]
    assert made[1].forces.tolist() == [[1, 0, 0.1], [-1, 0, -0.1]]
    assert made[0].stress.tolist() == [1, 2, 3, 4, 5, 6]
    assert made[0].pbc.tolist() == [True, True, False]
    assert report.keys["forces", "forces"] == 2


def test_any_format_of_ase_is_read_by_its_name(tmp_path):
    io = pytest.importorskip("ase.io")
    path = tmp_path / "data.json"
    io.write(path, next(images()), format="json")
    result = import_dataset([path], tmp_path / "x.h5", READERS, ReadOptions(format="json"))
    assert [c.energy for c in result.configurations] == [-8.5]
    assert result.configurations[0].forces.tolist() == [[1, 0, 0], [-1, 0, 0]]


def test_images_without_results_are_remarked(tmp_path):
    ase = pytest.importorskip("ase")
    io = pytest.importorskip("ase.io")
    path = tmp_path / "a.traj"
    io.write(path, ase.Atoms("Si"))
    made, report = read(READER, path)
    assert made[0].energy is None
    assert report.notes == {"a configuration has no results of a calculator": 1}


def test_an_unknown_format_is_refused_with_a_suggestion(trajectory):
    said = "neither a reader of hpcfit nor a format that ASE reads."
    assert message(READER, trajectory, ReadOptions(format="?")).startswith(f"--format ?: {said} Known: ")
    assert message(READER, trajectory, ReadOptions(format="trja")) == (
        f"--format trja: {said} Did you mean traj?"
    )
    assert message(READER, trajectory, ReadOptions(format="castep")).startswith(
        f"--format castep: {said} ASE has castep-castep, "
    )


def test_a_damaged_trajectory_is_refused(trajectory):
    trajectory.write_bytes(trajectory.read_bytes()[:60])
    assert message(READER, trajectory).startswith(
        "a.traj: ASE cannot read it as traj, after 0 configurations ("
    )


def test_without_ase_a_sentence_says_how_to_get_it(trajectory, monkeypatch):
    original = builtins.__import__

    def without_ase(name, *arguments, **more):
        if name.startswith("ase"):
            raise ImportError(name)
        return original(name, *arguments, **more)

    monkeypatch.setattr(builtins, "__import__", without_ase)
    assert message(READER, trajectory) == (
        'a.traj: reading this format needs ASE. Install it with: pip install "hpcfit[ase]"'
    )


def test_a_folder_cannot_be_given_with_a_format(tmp_path):
    with pytest.raises(DataError) as caught:
        import_dataset([tmp_path], tmp_path / "x.h5", READERS, ReadOptions(format="castep"))
    assert str(caught.value) == (
        f"{tmp_path}: is a folder, and --format is for files; give the files, as in {tmp_path}/*."
    )


def test_values_are_as_the_calculator_left_them(trajectory):
    io = pytest.importorskip("ase.io")
    made, _ = read(READER, trajectory)
    for ours, theirs in zip(made, io.read(trajectory, ":"), strict=True):
        np.testing.assert_array_equal(ours.forces, theirs.get_forces(apply_constraint=False))
        assert not np.array_equal(ours.forces, theirs.get_forces())
