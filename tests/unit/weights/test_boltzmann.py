"""Weights exp(-(e - e_lowest)/scale) within each composition."""

import math

import numpy as np
import pytest
from weighed import slab, survey

from hpcfit.errors import DataError, JobError
from hpcfit.weights import BoltzmannWeights
from hpcfit.weights.boltzmann import composition

NONE = (0.0, 0.0, 0.0)
SURVEY = survey(
    [
        ("low SiC", "", (1, 1), -9.0, NONE),
        ("large SiC", "", (4, 4), -34.0, NONE),
        ("Si", "", (0, 2), -8.0, NONE),
        ("stretched Si", "", (0, 1), -3.0, NONE),
        ("without energy", "", (0, 1), np.nan, NONE),
    ]
)


def test_energies_per_atom_are_compared_within_a_composition():
    scheme = BoltzmannWeights(scale=0.5, energy=10.0).surveyed(SURVEY)
    assert scheme.weights(slab(energy=-9.0)).config == 1.0
    # 8 atoms at -34 eV: 0.25 eV above -4.5 per atom
    large = slab(numbers=np.array([14, 6] * 4), energy=-34.0)
    assert scheme.weights(large).config == pytest.approx(math.exp(-0.5), rel=1e-15)
    silicon = slab(numbers=np.array([14, 14]), energy=-6.0)
    assert scheme.weights(silicon).config == pytest.approx(math.exp(-2.0), rel=1e-15)
    assert scheme.weights(silicon).energy == 10.0


def test_the_factor_does_not_fall_below_the_floor():
    scheme = BoltzmannWeights(scale=0.01, floor=0.05, config=2.0).surveyed(SURVEY)
    assert scheme.weights(slab(energy=0.0)).config == 0.1


@pytest.mark.parametrize(
    ("symbols", "name"),
    [(("Si",), "Si"), (("Si",) * 6, "Si"), (("Si", "C", "C", "Si"), "CSi"), (("O", "Si", "O"), "O2Si")],
)
def test_a_composition_is_the_reduced_formula(symbols, name):
    assert composition(symbols) == name


def test_a_configuration_without_an_energy_needs_a_default():
    with pytest.raises(DataError) as caught:
        BoltzmannWeights(scale=0.5).surveyed(SURVEY).weights(slab(energy=None))
    assert str(caught.value) == (
        "configuration 'slab-3': it has no energy, by which boltzmann weights are told; give "
        "weights.default, or leave it out by its tag in [data]."
    )
    assert BoltzmannWeights(scale=0.5, default=0.3).surveyed(SURVEY).weights(slab(energy=None)).config == 0.3


def test_a_weight_that_vanishes_is_refused_with_its_configuration():
    with pytest.raises(DataError) as caught:
        BoltzmannWeights(scale=0.005).surveyed(SURVEY).weights(slab(energy=-1.0))
    assert str(caught.value) == (
        "configuration 'slab-3': its weight vanishes, since it lies 4 eV per atom above the lowest energy of "
        "CSi, 800 times weights.scale; give a weights.floor or a larger scale, or leave it out by its tag in "
        "[data]."
    )


@pytest.mark.parametrize("scale", [0.0, -1.0])
def test_a_scale_that_is_not_positive_is_refused(scale):
    with pytest.raises(JobError) as caught:
        BoltzmannWeights(scale=scale)
    assert caught.value.problems == (f"weights.scale: must be above 0, not {scale}.",)


def test_weights_before_the_survey_are_refused():
    with pytest.raises(DataError) as caught:
        BoltzmannWeights(scale=1.0).weights(slab())
    assert str(caught.value) == (
        "boltzmann weights depend on all training configurations: call surveyed(survey) first, and use the "
        "scheme that it returns."
    )
