"""Weights 1/sigma, sigma^2 = c1^2 + (c2 |q|)^2, for energy, forces and stress separately."""

import math

import numpy as np
import pytest
from weighed import FORCES, STRESS, slab

from hpcfit.errors import DataError, JobError
from hpcfit.weights import InverseMagnitudeWeights
from hpcfit.weights.configuration_weight import weight_vector


def inverse(c1, c2, q):
    return 1.0 / math.sqrt(c1**2 + (c2 * abs(q)) ** 2)


def test_the_weight_of_the_energy_is_one_over_sigma():
    vector = weight_vector(InverseMagnitudeWeights(energy=(0.1, 0.05)), slab())
    assert vector[0] == pytest.approx(1.0 / math.sqrt(0.1**2 + 0.4**2), rel=1e-15)
    assert vector[1:].tolist() == [1.0] * 12


def test_each_force_component_has_the_weight_of_its_own_value():
    vector = weight_vector(InverseMagnitudeWeights(forces=(0.5, 0.1)), slab())
    expected = [inverse(0.5, 0.1, q) for q in FORCES.ravel()]
    np.testing.assert_allclose(vector[1:7], expected, rtol=1e-15)
    assert vector[[0, *range(7, 13)]].tolist() == [1.0] * 7
    assert vector[2] == 2.0  # a component of 0


def test_each_stress_component_has_the_weight_of_its_own_value():
    vector = weight_vector(InverseMagnitudeWeights(stress=(0.001, 0.3)), slab())
    np.testing.assert_allclose(vector[7:], [inverse(0.001, 0.3, q) for q in STRESS], rtol=1e-14)
    assert vector[:7].tolist() == [1.0] * 7


def test_by_norm_the_components_share_the_weight_of_force_and_tensor_as_in_kliff():
    scheme = InverseMagnitudeWeights(forces=(0.5, 0.1), stress=(0.001, 0.3), magnitude="norm")
    vector = weight_vector(scheme, slab())
    forces = [inverse(0.5, 0.1, 5.0)] * 3 + [inverse(0.5, 0.1, 0.5)] * 3
    np.testing.assert_allclose(vector[1:7], forces, rtol=1e-15)
    # Frobenius: shear components stand twice in the tensor
    frobenius = math.sqrt(0.01**2 + 2 * 0.02**2 + 2 * (0.005**2 + 0.01**2))
    np.testing.assert_allclose(vector[7:], [inverse(0.001, 0.3, frobenius)] * 6, rtol=1e-14)


def test_config_multiplies_every_weight():
    plain = weight_vector(InverseMagnitudeWeights(energy=(0.1, 0.05), forces=(0.5, 0.1)), slab())
    twice = weight_vector(InverseMagnitudeWeights(2.0, energy=(0.1, 0.05), forces=(0.5, 0.1)), slab())
    np.testing.assert_array_equal(twice, 2.0 * plain)


def test_what_a_configuration_does_not_have_needs_no_weight():
    scheme = InverseMagnitudeWeights(energy=(0.0, 1.0), forces=(0.0, 1.0), stress=(0.0, 1.0))
    weight = scheme.weights(slab(forces=None, stress=None))
    assert weight.energy == 0.125
    assert (float(weight.forces), float(weight.stress)) == (1.0, 1.0)


def test_a_reference_of_zero_without_c1_is_refused_with_its_configuration():
    with pytest.raises(DataError) as caught:
        InverseMagnitudeWeights(forces=(0.0, 0.1)).weights(slab())
    assert str(caught.value) == (
        "configuration 'slab-3': where a reference of the forces is 0, its weight is infinite; "
        "give a c1 above 0 in weights.forces."
    )


def test_pairs_that_are_no_pairs_are_refused_together():
    with pytest.raises(JobError) as caught:
        InverseMagnitudeWeights(energy=(1.0,), forces=(1.0, -0.1), stress=(0.0, 0.0))
    assert caught.value.problems == (
        "weights.energy: two numbers of at least 0, [c1, c2], are expected, not [1.0].",
        "weights.forces: two numbers of at least 0, [c1, c2], are expected, not [1.0, -0.1].",
        "weights.stress: c1 and c2 are both 0, which would make every weight infinite. To leave the stress "
        "out, write stress = false in [targets].",
    )
