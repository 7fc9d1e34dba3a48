"""Weights that came with the data: of configurations, and of atoms."""

import numpy as np
import pytest
from weighed import slab

from hpcfit.errors import DataError
from hpcfit.weights import DatasetWeights
from hpcfit.weights.configuration_weight import weight_vector

ALL = {"config": 2.0, "energy": 3.0, "forces": 5.0, "stress": 7.0}


def test_stored_weights_multiply_the_factors_of_the_same_name():
    vector = weight_vector(DatasetWeights(1.0, 10.0, 1.0, 0.1), slab(weights=ALL))
    np.testing.assert_allclose(vector, [60.0, *[10.0] * 6, *[1.4] * 6], rtol=1e-15)


def test_weights_of_atoms_multiply_the_residuals_of_their_forces():
    configuration = slab(weights={"forces": 5.0}, atom_weights=np.array([1.0, 0.5]))
    vector = weight_vector(DatasetWeights(), configuration)
    assert vector.tolist() == [1.0, *[5.0] * 3, *[2.5] * 3, *[1.0] * 6]


def test_a_weight_that_is_not_stored_counts_as_one():
    assert weight_vector(DatasetWeights(), slab(weights={"energy": 4.0})).tolist() == [4.0, *[1.0] * 12]


def test_a_configuration_without_any_needs_a_default():
    with pytest.raises(DataError) as caught:
        DatasetWeights().weights(slab())
    assert str(caught.value) == (
        "configuration 'slab-3': the dataset has no weight for it; import one, or give weights.default."
    )
    vector = weight_vector(DatasetWeights(energy=2.0, default=0.5), slab())
    assert vector.tolist() == [1.0, *[0.5] * 12]


def test_a_stored_weight_of_another_name_is_refused():
    with pytest.raises(DataError) as caught:
        DatasetWeights().weights(slab(weights={"virial": 2.0}))
    assert str(caught.value) == (
        "configuration 'slab-3': the dataset has a weight 'virial', but residuals have weights config, "
        "energy, forces, stress; import the data with one of these names."
    )
