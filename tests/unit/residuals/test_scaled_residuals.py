"""Factors of the built-in residuals that scale differences, element by element."""

import numpy as np
import pytest

from hpcfit.data import configuration
from hpcfit.errors import JobError
from hpcfit.residuals import EnergyDifferences, EnergyOnly, ForcesOnly, Relative, SpeciesForces
from hpcfit.residuals.relative import reference_sizes
from hpcfit.weights import Survey

WEIGHTS = np.array([10.0] + [0.5] * 6 + [2.0] * 6)
SIC = configuration(
    "SiC", [14, 6], [[0.0, 0.0, 0.0], [2.0, 0.0, 0.0]], 9.0 * np.eye(3), True, energy=-4.0,
    forces=[[3.0, 0.0, -4.0], [0.0, 0.02, 0.0]], stress=[0.1, 0.0, -0.2, 0.1, 0.0, 0.1],
)  # fmt: skip
BARE = configuration("bare", [14, 6], [[0.0, 0.0, 0.0], [2.0, 0.0, 0.0]])


def survey(species=("C", "Si"), energies=(-8.0, -8.4, np.nan, -3.0), counts=((0, 2), (0, 2), (0, 2), (1, 0))):
    counts = np.array(counts)
    return Survey(
        ("a", "b", "c", "d"), ("s", "s", "t", "t"), counts.sum(axis=1), np.array(energies), species,
        counts, np.ones((4, 3)),
    )  # fmt: skip


@pytest.mark.parametrize(("normalize", "factor"), [(True, 0.5), (False, 1.0)])
def test_energy_and_forces_alone_leave_out_the_rest(normalize, factor):
    assert EnergyOnly(normalize).factors(WEIGHTS, SIC).tolist() == [10.0 * factor] + [0.0] * 12
    assert ForcesOnly(normalize).factors(WEIGHTS, SIC).tolist() == [0.0] + [0.5 * factor] * 6 + [0.0] * 6
    assert WEIGHTS[0] == 10.0


def test_relative_residuals_divide_by_the_size_of_the_reference_or_the_floor():
    found = Relative(energy_floor=1.0, forces_floor=0.1, stress_floor=0.01).factors(WEIGHTS, SIC)
    # |F| is 5 and 0.02, below the floor; the stress tensor has xx, zz once, yz and xy twice
    norm = np.sqrt(0.1**2 + 0.2**2 + 2 * 0.1**2 + 2 * 0.1**2)
    expected = [10.0 / 4.0, *[0.5 / 5.0] * 3, *[0.5 / 0.1] * 3, *[2.0 / norm] * 6]
    np.testing.assert_allclose(found, expected, rtol=1e-15)


def test_relative_residuals_by_component_compare_each_with_itself():
    found = Relative(componentwise=True, normalize_by_natoms="energy").factors(WEIGHTS, SIC)
    expected = [1.25, 0.5 / 3, 0.5 / 0.1, 0.5 / 4, *[0.5 / 0.1] * 3]
    expected += [2 / 0.1, 2 / 0.01, 2 / 0.2, 2 / 0.1, 2 / 0.01, 2 / 0.1]
    np.testing.assert_allclose(found, expected, rtol=1e-15)


def test_what_has_no_reference_has_size_zero_and_finite_factors():
    assert not reference_sizes(BARE).any()
    assert np.isfinite(Relative().factors(WEIGHTS, BARE)).all()


def test_species_scale_the_forces_of_their_atoms():
    found = SpeciesForces({"Si": 4.0, "C": 0.5}, normalize_by_natoms=False).factors(WEIGHTS, SIC)
    assert found.tolist() == [10.0, 2.0, 2.0, 2.0, 0.25, 0.25, 0.25, *[2.0] * 6]


@pytest.mark.parametrize(
    ("scales", "sentence"),
    [
        ({"Xy": 1.0}, "residual.data.scales.Xy: 'Xy' is not a chemical symbol."),
        ({"Si": -1.0}, "residual.data.scales.Si: a number of at least 0 is expected, not -1.0."),
        ({"Si": True}, "residual.data.scales.Si: a number of at least 0 is expected, not True."),
    ],
)
def test_scales_that_cannot_be_are_refused(scales, sentence):
    with pytest.raises(JobError) as caught:
        SpeciesForces(scales)
    assert str(caught.value) == sentence


def test_scales_must_be_for_the_species_of_the_data():
    with pytest.raises(JobError) as caught:
        SpeciesForces({"Si": 1.0, "Ge": 2.0}).surveyed(survey())
    assert caught.value.problems == (
        "residual.data.scales.Ge: no selected configuration holds Ge. Known: C, Si",
        "residual.data.scales does not name C, which the data hold. Write C = 1.0 to let its forces count as "
        "they are.",
    )
    fine = SpeciesForces({"Si": 1.0, "C": 2.0})
    assert fine.surveyed(survey()) is fine


def test_the_lowest_of_each_composition_is_the_reference():
    # b is the lowest of silicon per atom; c has no energy; d is the only one of carbon
    assert EnergyDifferences().references(survey()) == ("b", "b", "", "d")


def test_the_lowest_is_that_of_a_proportion_and_of_several_the_first():
    made = survey(energies=(-16.0, -8.0, -8.0, -1.0), counts=((2, 2), (1, 1), (1, 1), (1, 2)))
    assert EnergyDifferences().references(made) == ("a", "a", "a", "d")
    made = survey(energies=(-15.0, -8.0, -8.0, -1.0), counts=((2, 2), (1, 1), (1, 1), (1, 2)))
    assert EnergyDifferences().references(made) == ("b", "b", "b", "d")


def test_a_tag_may_have_its_own_reference():
    made = EnergyDifferences("x", tags={"s": "y"})
    assert made.references(survey()) == ("y", "y", "", "x")
    assert made.named == {"y": "tags.s", "x": "reference"}
    assert EnergyDifferences(tags={"s": "lowest"}).named == {}


def test_tags_of_references_must_occur_and_name_texts():
    with pytest.raises(JobError) as caught:
        EnergyDifferences(tags={"z": "b"}).references(survey())
    assert str(caught.value) == "residual.data.tags.z: no selected configuration has this tag. Known: s, t"
    with pytest.raises(JobError) as caught:
        EnergyDifferences(tags={"z": 3})
    assert str(caught.value) == "residual.data.tags.z: a text in quotes is expected, not 3."
