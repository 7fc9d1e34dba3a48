"""Root mean square errors by target and tag."""

import numpy as np

from hpcfit.problem.accuracy import rmse_table, squared_errors
from hpcfit.problem.targets import Targets


def test_energy_is_per_atom_and_missing_values_take_no_part():
    first_atom = np.array([0, 2, 3])
    reference = np.array([-4.0, *np.zeros(6), np.nan, 1.0, np.nan, 1.0])
    prediction = np.array([-3.0, *np.full(6, 0.5), 7.0, 1.5, 9.0, 0.0])
    sums = squared_errors(prediction, reference, first_atom, stress=False)
    np.testing.assert_allclose(sums, [[0.25, 1, 1.5, 6, 0, 0], [0, 0, 1.25, 2, 0, 0]])
    table = rmse_table(sums, ["a", "b"], Targets())
    np.testing.assert_allclose(table["all"]["energy"], 0.5)
    np.testing.assert_allclose(table["all"]["forces"], np.sqrt(2.75 / 8))
    assert table["b"]["energy"] is None
    assert "stress" not in table["all"]


def test_stress_rows_are_the_last_six_of_a_configuration():
    reference = np.array([0.0, 0, 0, 0, 1, 2, 3, 4, 5, 6])
    prediction = reference + np.array([0, 0, 0, 0, 2, 2, 2, 2, 2, 2])
    sums = squared_errors(prediction, reference, np.array([0, 1]), stress=True)
    assert rmse_table(sums, [""], Targets(stress=True))["all"]["stress"] == 2.0
