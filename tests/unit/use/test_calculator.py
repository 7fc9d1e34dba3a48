"""The ASE calculator: the engine's own predictions, their derivatives, relaxation, dynamics, copies."""

from __future__ import annotations

import copy
import pickle
import sys

import numpy as np
import pytest
from ase import Atoms, units
from ase.build import bulk, molecule
from ase.calculators.calculator import PropertyNotImplementedError
from ase.calculators.fd import calculate_numerical_forces, calculate_numerical_stress
from ase.filters import FrechetCellFilter
from ase.md.verlet import VelocityVerlet
from ase.optimize import BFGS

from hpcfit.data import configuration
from hpcfit.errors import DataError, RunError
from hpcfit.use import open_potential

#: published Stillinger-Weber silicon, from the catalogue; the data need not be there
SILICON = """
[data]
train = "nowhere.h5"
[[potential]]
name = "stillinger-weber"
species = ["Si"]
"""


@pytest.fixture(scope="module")
def silicon_potential(tmp_path_factory):
    job = tmp_path_factory.mktemp("calculator") / "job.toml"
    job.write_text(SILICON)
    return open_potential(job)


@pytest.fixture
def atoms(silicon_potential):
    """A strained, rattled crystal whose angles are far from the ideal ones."""
    made = bulk("Si", cubic=True)
    deformation = np.array([[1.01, 0.02, 0], [0, 0.98, 0.01], [0.01, 0, 1.03]])
    made.set_cell(made.cell @ deformation, scale_atoms=True)
    made.rattle(0.1, seed=3)
    made.calc = silicon_potential.calculator()
    return made


def test_it_gives_what_the_engine_predicts_to_the_last_bit(silicon_potential, atoms):
    same = configuration("same", atoms.numbers, atoms.positions, atoms.cell.array, atoms.pbc)
    found = silicon_potential.evaluate([same])
    assert atoms.get_potential_energy() == found.energy[0]
    assert atoms.get_potential_energy(force_consistent=True) == found.energy[0]
    assert (atoms.get_forces() == found.forces[0]).all()
    assert (atoms.get_stress() == found.stress[0]).all()


def test_forces_and_stress_are_the_derivatives_of_the_energy(atoms):
    forces = calculate_numerical_forces(atoms, eps=1e-5, iatoms=[0, 5])
    np.testing.assert_allclose(atoms.get_forces()[[0, 5]], forces, atol=1e-7)
    stress = calculate_numerical_stress(atoms, eps=1e-5, voigt=True)
    np.testing.assert_allclose(atoms.get_stress(), stress, atol=1e-8)


def test_directions_may_be_open_one_by_one(atoms):
    bulk_energy = atoms.get_potential_energy()
    slab = atoms.copy()
    slab.pbc = (True, True, False)
    slab.calc = atoms.calc
    assert slab.get_potential_energy() > bulk_energy + 1.0
    slab.center(vacuum=8.0, axis=2)
    slab.pbc = True
    apart = slab.get_potential_energy()
    slab.pbc = (True, True, False)
    assert slab.get_potential_energy() == pytest.approx(apart, abs=1e-12)


def test_stress_needs_a_cell_with_volume(silicon_potential):
    cluster = Atoms(
        "Si3", [[0, 0, 0], [2.35, 0, 0], [0.5, 2.3, 0]], calculator=silicon_potential.calculator()
    )
    assert cluster.get_forces().shape == (3, 3)
    with pytest.raises(PropertyNotImplementedError):
        cluster.get_stress()


def test_species_that_the_potential_is_not_for_are_an_error(silicon_potential):
    water = molecule("H2O")
    water.calc = silicon_potential.calculator()
    with pytest.raises(DataError) as error:
        water.get_potential_energy()
    assert str(error.value).startswith("configuration OH2: holds H, O, but the potential (initial values of ")
    assert str(error.value).endswith("job.toml) is for Si.")


def test_atoms_on_top_of_each_other_are_an_error(silicon_potential):
    double = Atoms("Si2", [[0, 0, 0], [0, 0, 1e-4]], calculator=silicon_potential.calculator())
    with pytest.raises(DataError, match=r"configuration Si2: atoms 0 and 1 are 0\.0001 angstrom apart"):
        double.get_potential_energy()


def test_positions_and_cell_relax_to_the_crystal(atoms):
    assert BFGS(FrechetCellFilter(atoms), logfile=None).run(fmax=1e-4, steps=200)
    np.testing.assert_allclose(atoms.cell.lengths(), 5.43095, atol=2e-4)
    np.testing.assert_allclose(atoms.cell.angles(), 90.0, atol=0.01)
    assert atoms.get_potential_energy() / len(atoms) == pytest.approx(-2 * 2.1683, abs=1e-6)


def energies_of_dynamics(potential, step, steps):
    """Total energy per atom (eV) after each step (fs) of the same 64 atoms at about 600 K."""
    atoms = bulk("Si", cubic=True) * (2, 2, 2)
    momenta = np.random.default_rng(1).normal(size=(len(atoms), 3))
    momenta -= momenta.mean(axis=0)
    # Half of it goes into the bonds: they are at rest in the beginning.
    atoms.set_momenta(momenta * np.sqrt(atoms.get_masses()[:, None] * units.kB * 1200.0))
    atoms.calc = potential.calculator()
    dynamics = VelocityVerlet(atoms, timestep=step * units.fs)
    found = [atoms.get_total_energy() / len(atoms)]
    for _ in range(steps):
        dynamics.run(1)
        found.append(atoms.get_total_energy() / len(atoms))
    return np.array(found)


def test_molecular_dynamics_conserves_energy(silicon_potential):
    """Velocity Verlet conserves a shadow energy: what it adds is (omega dt)^2 / 8 of the thermal energy."""
    step, thermal = 1.0, 3.0 * units.kB * 600.0
    fastest = 2.0 * np.pi * 16e12 * 1e-15  # the optical phonon of silicon, per fs
    energy = energies_of_dynamics(silicon_potential, step, 400)
    assert np.abs(energy - energy[0]).max() < (fastest * step) ** 2 / 4.0 * thermal
    # No drift: the second half is where the first was, ten times more closely than it fluctuates.
    drift = energy[200:].mean() - energy[40:200].mean()
    assert abs(drift) < 0.1 * (fastest * step) ** 2 / 4.0 * thermal
    # The rest is the step's: half of it leaves a quarter.
    finer = energies_of_dynamics(silicon_potential, step / 2.0, 800)
    assert np.std(energy) / np.std(finer) == pytest.approx(4.0, rel=0.2)


def test_after_steps_of_dynamics_it_still_gives_the_bits_of_the_engine(silicon_potential, atoms):
    atoms.set_momenta(np.random.default_rng(2).normal(scale=2.0, size=(len(atoms), 3)))
    dynamics = VelocityVerlet(atoms, timestep=2.0 * units.fs)
    for _ in range(8):
        dynamics.run(5)
        now = configuration("now", atoms.numbers, atoms.positions, atoms.cell.array, atoms.pbc)
        found = silicon_potential.evaluate([now])
        assert atoms.get_potential_energy() == found.energy[0]
        assert (atoms.get_forces() == found.forces[0]).all()
        assert (atoms.get_stress() == found.stress[0]).all()


def test_it_is_pickled_and_copied_with_its_atoms(atoms):
    energy = atoms.get_potential_energy()
    for made in (pickle.loads(pickle.dumps(atoms)), copy.deepcopy(atoms)):
        made.calc.reset()
        assert made.get_potential_energy() == energy


def test_without_ase_it_says_how_to_get_it(silicon_potential, monkeypatch):
    monkeypatch.setitem(sys.modules, "ase", None)
    with pytest.raises(RunError) as error:
        silicon_potential.calculator()
    assert str(error.value) == "an ASE calculator needs ASE: pip install 'hpcfit[ase]'"
