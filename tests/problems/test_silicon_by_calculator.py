"""What is known of Stillinger-Weber silicon, through the calculator of a fit.

References of published parameters (F. H. Stillinger and T. A. Weber, Phys. Rev. B 31, 5262 (1985), with
epsilon 2.1683 eV) are fitted from another start; the run's calculator then gives cohesive energy, lattice
constant and elastic constants, that of shear (C44) with the atoms relaxed within the deformed cell.
"""

import numpy as np
import pytest
from ase import units
from ase.build import bulk
from ase.filters import FrechetCellFilter
from ase.optimize import BFGS

from hpcfit.data import configuration, write_dataset
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.use import open_potential
from hpcfit.use.predict import predict
from hpcfit.workflow.run import run_job

JOB = """
[data]
train = "train.h5"
[[potential]]
name = "stillinger-weber"
species = ["Si"]
"""
FREE = """
[potential.parameters]
A = { initial = 6.0 }
B = { initial = 0.5 }
sigma = { initial = 2.0951, fixed = true }
gamma = { initial = 1.0 }
lambda = { initial = 25.0 }
"""


@pytest.fixture(scope="module")
def calculator(tmp_path_factory):
    """Of a fit whose references are predictions of the published parameters."""
    folder = tmp_path_factory.mktemp("known")
    structures = []
    for k, a in enumerate((5.2, 5.43, 5.6)):
        atoms = bulk("Si", cubic=True, a=a)
        atoms.rattle(0.15, seed=k)
        structures.append(configuration(f"{a}", atoms.numbers, atoms.positions, atoms.cell.array, True))
    (folder / "published.toml").write_text(JOB)
    found = predict(None, open_potential(folder / "published.toml"), structures)
    references = [
        configuration(
            c.identifier, c.numbers, c.positions, c.cell, True, energy=found.energy[k], forces=found.forces[k]
        )
        for k, c in enumerate(structures)
    ]
    write_dataset(folder / "train.h5", references)
    (folder / "job.toml").write_text(JOB + FREE)
    assert run_job(SerialCommunicator(), folder / "job.toml") == 0
    return open_potential(folder / "run").calculator()


@pytest.fixture(scope="module")
def crystal(calculator):
    atoms = bulk("Si", cubic=True)
    atoms.calc = calculator
    assert BFGS(FrechetCellFilter(atoms), logfile=None).run(fmax=1e-7)
    return atoms


def stress_of_strain(crystal, component, relaxed=False):
    """d stress / d strain (6,), GPa, for a component in Voigt order, by central differences."""
    found = []
    for sign in (1.0, -1.0):
        strain = np.zeros(6)
        strain[component] = sign * 1e-4
        xx, yy, zz, yz, xz, xy = strain
        deformed = crystal.copy()
        symmetric = np.array([[xx, xy / 2, xz / 2], [xy / 2, yy, yz / 2], [xz / 2, yz / 2, zz]])
        deformed.set_cell(crystal.cell @ (np.eye(3) + symmetric), scale_atoms=True)
        deformed.calc = crystal.calc
        if relaxed:
            assert BFGS(deformed, logfile=None).run(fmax=1e-7)
        found.append(deformed.get_stress())
    return (found[0] - found[1]) / 2e-4 / units.GPa


def test_cohesive_energy_and_lattice_constant(crystal):
    assert -crystal.get_potential_energy() / len(crystal) == pytest.approx(4.34, abs=0.005)
    assert crystal.cell.lengths() == pytest.approx(5.43, abs=0.005)


def test_elastic_constants(crystal):
    c = stress_of_strain(crystal, 0)
    assert c[0] == pytest.approx(151.0, abs=0.5)
    assert c[1] == pytest.approx(76.4, abs=0.05)
    assert stress_of_strain(crystal, 3, relaxed=True)[3] == pytest.approx(56.4, abs=0.05)
    # Where the atoms are held at their places in the cell, the crystal resists about twice as much.
    assert stress_of_strain(crystal, 3)[3] > 1.8 * 56.4
