"""The built-in residual's factors, element by element."""

import numpy as np

from hpcfit.data import configuration
from hpcfit.residuals import EnergyForces

DIMER = configuration("dimer", [14, 14], [[0.0, 0.0, 0.0], [2.0, 0.0, 0.0]])
WEIGHTS = np.array([10.0] + [0.5] * 6 + [2.0] * 6)


def test_true_divides_every_element_by_the_number_of_atoms():
    assert EnergyForces(True).factors(WEIGHTS, DIMER).tolist() == [5.0] + [0.25] * 6 + [1.0] * 6


def test_false_divides_nothing():
    assert EnergyForces(False).factors(WEIGHTS, DIMER).tolist() == WEIGHTS.tolist()


def test_energy_divides_the_energy_only_and_leaves_its_argument_alone():
    assert EnergyForces("energy").factors(WEIGHTS, DIMER).tolist() == [5.0] + [0.5] * 6 + [2.0] * 6
    assert WEIGHTS[0] == 10.0
