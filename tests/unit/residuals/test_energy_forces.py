"""The built-in residual's factors, element by element."""

import numpy as np

from hpcfit.residuals import EnergyForces

WEIGHTS = np.array([10.0] + [0.5] * 6 + [2.0] * 6)


def test_true_divides_every_element_by_the_number_of_atoms():
    assert EnergyForces(True).factors(WEIGHTS, 2).tolist() == [5.0] + [0.25] * 6 + [1.0] * 6


def test_false_divides_nothing():
    assert EnergyForces(False).factors(WEIGHTS, 2).tolist() == WEIGHTS.tolist()


def test_energy_divides_the_energy_only_and_leaves_its_argument_alone():
    assert EnergyForces("energy").factors(WEIGHTS, 2).tolist() == [5.0] + [0.5] * 6 + [2.0] * 6
    assert WEIGHTS[0] == 10.0
