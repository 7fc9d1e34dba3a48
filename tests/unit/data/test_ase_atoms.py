"""Atoms in memory: what of them becomes a configuration, and what is asked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hpcfit.data import Configuration, ReadOptions, ReadReport
from hpcfit.data.ase_atoms import from_atoms, is_atoms
from hpcfit.errors import DataError

ase = pytest.importorskip("ase")
FORCES = np.array([[0.1, 0.0, 0.0], [-0.1, 0.0, 0.0]])
STRESS = np.arange(6) / 100


def atoms(**info: Any) -> Any:
    return ase.Atoms("SiC", [[0, 0, 0], [1.9, 0, 0]], cell=[4, 4, 4], pbc=(True, True, False), info=info)


def with_results(made: Any, **results: Any) -> Any:
    from ase.calculators.singlepoint import SinglePointCalculator

    made.calc = SinglePointCalculator(made, **results)
    return made


def made_of(given: Any, **options: Any) -> Configuration:
    return from_atoms(given, "dataset[3]", ReadOptions(**options), ReadReport())


def test_results_of_the_calculator_are_the_references() -> None:
    found = made_of(with_results(atoms(), energy=-3.0, forces=FORCES, stress=STRESS, free_energy=-4.0))
    assert (found.identifier, found.tag, found.energy) == ("dataset[3]", "", -3.0)
    assert found.symbols == ("Si", "C")
    assert found.forces is not None
    assert found.stress is not None
    np.testing.assert_array_equal(found.forces, FORCES)
    np.testing.assert_array_equal(found.stress, STRESS)
    np.testing.assert_array_equal(found.pbc, [True, True, False])
    np.testing.assert_array_equal(found.cell, np.eye(3) * 4)


def test_info_and_arrays_are_read_as_extended_xyz_is() -> None:
    given = atoms(dft_energy=-2.0, virial=np.eye(3) * 6.4, name="me", config_type="bulk", config_weight=2.0)
    given.arrays["dft_forces"] = FORCES
    given.arrays["atom_weight"] = np.array([1.0, 0.5])
    found = made_of(given)
    assert (found.identifier, found.tag, found.energy, found.weights) == ("me", "bulk", -2.0, {"config": 2.0})
    assert found.stress is not None
    assert found.atom_weights is not None
    np.testing.assert_allclose(found.stress, [-0.1, -0.1, -0.1, 0, 0, 0], rtol=1e-15)
    np.testing.assert_array_equal(found.atom_weights, [1.0, 0.5])


def test_atoms_without_results_have_no_references() -> None:
    from ase.calculators.emt import EMT

    given = atoms()
    given.calc = EMT()
    found = made_of(given)
    assert (found.energy, found.forces, found.stress) == (None, None, None)


def test_results_for_other_positions_are_refused() -> None:
    given = with_results(atoms(), energy=-3.0)
    given.positions[0, 0] += 0.1
    with pytest.raises(DataError) as error:
        made_of(given)
    assert str(error.value) == (
        "dataset[3]: the results of its calculator are not for these atoms, which have changed since. "
        "Compute them anew, or set atoms.calc = None."
    )


def test_a_result_and_an_entry_of_one_name_must_agree() -> None:
    assert made_of(with_results(atoms(energy=-3.0), energy=-3.0)).energy == -3.0
    with pytest.raises(DataError) as error:
        made_of(with_results(atoms(energy=-2.0), energy=-3.0))
    assert str(error.value) == (
        "dataset[3]: energy of its calculator and energy of its info or arrays differ. Remove one of them."
    )


def test_a_key_may_be_chosen_and_quantities_left_out() -> None:
    given = with_results(atoms(gap_energy=-2.0), energy=-3.0, forces=FORCES)
    assert made_of(given, energy_key="gap_energy").energy == -2.0
    assert made_of(given, leave_out=frozenset({"forces"})).forces is None


def test_atoms_are_known_without_their_package() -> None:
    class Mine(ase.Atoms):  # type: ignore[misc, name-defined]
        pass

    assert is_atoms(atoms())
    assert is_atoms(Mine("H"))
    assert not is_atoms([1, 2])
