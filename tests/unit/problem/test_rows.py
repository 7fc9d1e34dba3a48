"""Which rows enter the residual, and with which factors: against vectors written out by hand."""

import re
from dataclasses import dataclass, field

import numpy as np
import pytest

from hpcfit.data import configuration, gather
from hpcfit.errors import DataError, PluginError
from hpcfit.problem.rows import block_references, block_rows, prediction_offsets, residual_rows
from hpcfit.problem.targets import Targets
from hpcfit.residuals import EnergyForces, ScaledDifference
from hpcfit.weights import ByTagWeights, ConfigurationWeight, ConstantWeights

CELL = 10.0 * np.eye(3)
EVERYTHING = Targets(energy=True, forces=True, stress=True)


def block():
    """Three configurations: everything known; no energy; no forces and no stress."""
    return gather(
        [
            configuration(
                "whole", [14, 14], [[0, 0, 0], [2, 0, 0]], CELL, True, energy=-8.0,
                forces=[[1, 2, 3], [-1, -2, -3]], stress=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6], tag="a",
            ),
            configuration("no energy", [14], [[0, 0, 0]], CELL, True, forces=[[4, 5, 6]], tag="b"),
            configuration("energy only", [14] * 4, np.eye(4, 3), CELL, True, energy=-16.0, tag="b"),
        ]
    )  # fmt: skip


def residual(targets, scheme, choice, bounds=(0, 3)):
    """weight * (prediction - reference) with prediction row i = i, as the kernels form it."""
    rows = residual_rows(block_rows(block(), targets, scheme, choice), np.array(bounds))
    prediction = np.arange(float(prediction_offsets(block().first_atom, targets.stress)[-1]))
    return rows.weight * (prediction[rows.source] - rows.reference), rows


def test_every_element_of_energy_forces_and_stress_divided_by_natoms():
    scheme = ConstantWeights(config=2.0, energy=3.0, forces=0.5, stress=10.0)
    found, rows = residual(EVERYTHING, scheme, EnergyForces(True))
    # predictions are their own row numbers: 0; 1..6; 7..12 | 13; 14..16; 17..22 | 23; 24..35; 36..41
    whole = [
        2 * 3 / 2 * (0 + 8.0),
        *[2 * 0.5 / 2 * (p - f) for p, f in zip(range(1, 7), [1, 2, 3, -1, -2, -3], strict=True)],
        *[2 * 10 / 2 * (p - s) for p, s in zip(range(7, 13), [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], strict=True)],
    ]
    no_energy = [2 * 0.5 / 1 * (p - f) for p, f in zip((14, 15, 16), (4, 5, 6), strict=True)]
    energy_only = [2 * 3 / 4 * (23 + 16.0)]
    np.testing.assert_allclose(found, [*whole, *no_energy, *energy_only], rtol=1e-15)
    assert rows.source.tolist() == [*range(13), 14, 15, 16, 23]


@pytest.mark.parametrize(
    ("normalize", "energy", "forces", "stress"),
    [(True, 0.5, 0.5, 0.5), (False, 1.0, 1.0, 1.0), ("energy", 0.5, 1.0, 1.0)],
)
def test_what_is_divided_by_the_number_of_atoms(normalize, energy, forces, stress):
    _, rows = residual(EVERYTHING, ConstantWeights(), EnergyForces(normalize))
    assert rows.weight[0] == energy
    assert set(rows.weight[1:7]) == {forces}
    assert set(rows.weight[7:13]) == {stress}


@pytest.mark.parametrize(
    ("targets", "sources"),
    [
        (Targets(True, False, False), [0, 11]),
        (Targets(False, True, False), [1, 2, 3, 4, 5, 6, 8, 9, 10]),
        (Targets(False, False, True), [7, 8, 9, 10, 11, 12]),
    ],
)
def test_quantities_that_are_no_target_take_no_part(targets, sources):
    _, rows = residual(targets, ConstantWeights(), EnergyForces(False))
    assert rows.source.tolist() == sources


def test_references_are_nan_where_missing_or_no_target():
    reference = block_references(block(), Targets(energy=True, forces=False, stress=False))
    expected = np.full(3 * 7 + 3, np.nan)
    expected[[0, 11]] = -8.0, -16.0
    np.testing.assert_array_equal(reference, expected)


def test_rows_of_weight_zero_are_left_out():
    scheme = ByTagWeights(tags={"a": {"forces": 0.0}})
    _, rows = residual(EVERYTHING, scheme, EnergyForces(True))
    assert rows.source.tolist() == [0, *range(7, 13), 14, 15, 16, 23]


def test_a_configuration_that_counts_for_nothing_is_refused():
    with pytest.raises(DataError) as caught:
        residual(EVERYTHING, ConstantWeights(forces=0.0), EnergyForces(True))
    assert str(caught.value) == (
        "configuration 'no energy': whatever it has a reference for has weight 0, so it counts for nothing; "
        "give that a weight, or leave the configuration out by its tag in [data]."
    )


def test_weights_by_tag_change_what_they_name():
    scheme = ByTagWeights(energy=10.0, tags={"b": {"energy": 2.0, "config": 3.0}})
    _, rows = residual(Targets(), scheme, EnergyForces(False))
    by_row = dict(zip(rows.source.tolist(), rows.weight.tolist(), strict=True))
    assert (by_row[0], by_row[1]) == (10.0, 1.0)  # tag a
    assert (by_row[8], by_row[11]) == (3.0, 6.0)  # tag b: forces, energy


def test_rows_are_grouped_by_chunk():
    _, rows = residual(EVERYTHING, ConstantWeights(), EnergyForces(True), bounds=(0, 1, 3))
    assert rows.first_residual.tolist() == [0, 13, 17]


def test_a_residual_function_sees_rows_of_weight_zero_too_but_not_missing_ones():
    made = block_rows(block(), EVERYTHING, ConstantWeights(config=2.0, forces=0.0), lambda *a: a[3])
    assert made.takes_part.sum() == 17
    assert [len(view.vector) for view in made.views] == [13, 3, 1]
    np.testing.assert_array_equal(made.views[0].vector, [2.0, *[0.0] * 6, *[2.0] * 6])
    assert (made.views[0].config_weight, made.views[0].forces_weight) == (2.0, 0.0)


def test_a_residual_function_is_told_which_rows_are_which():
    views = block_rows(block(), EVERYTHING, PerAtom((-1, 3)), lambda *a: a[3]).views
    assert [(view.energy, view.forces, view.stress) for view in views] == [
        (slice(0, 1), slice(1, 7), slice(7, 13)),
        (None, slice(0, 3), None),
        (slice(0, 1), None, None),
    ]
    assert [view.configuration.identifier for view in views] == ["whole", "no energy", "energy only"]
    # by component, in the order of the prediction, as functions written for KLIFF multiply them
    assert views[0].forces_weight.tolist() == [1, 2, 3, 4, 5, 6]
    assert views[0].vector[views[0].forces].tolist() == [1, 2, 3, 4, 5, 6]
    assert views[0].stress_weight.tolist() == [0, 1, 2, 3, 4, 5]
    by_atom = block_rows(block(), EVERYTHING, PerAtom(), lambda *a: a[3]).views[0]
    assert by_atom.forces_weight.tolist() == [1, 1, 1, 2, 2, 2]


def test_nothing_that_a_residual_function_is_shown_can_be_changed():
    view = block_rows(block(), EVERYTHING, PerAtom(), lambda *a: a[3]).views[0]
    arrays = (view.vector, view.forces_weight, view.stress_weight, view.configuration.positions)
    assert not any(array.flags.writeable for array in (*arrays, view.configuration.forces))


class Centres:
    def weights(self, configuration):
        positions = configuration.positions
        positions -= positions.mean(axis=0)
        return ConfigurationWeight()


def test_a_weight_scheme_cannot_change_the_data():
    with pytest.raises(PluginError) as caught:
        block_rows(block(), EVERYTHING, Centres(), EnergyForces(True))
    assert re.fullmatch(
        r"weights Centres, configuration 'whole': raised ValueError: output array is read-only "
        r"\(.*test_rows\.py:\d+\)\. What it is given must not be changed; work on a copy\.",
        str(caught.value),
    )


class ReturnsWhat(ScaledDifference):
    def __init__(self, factors):
        self.returned = factors

    def factors(self, weights, configuration):
        weights *= 0.0  # its own copy
        return self.returned


@pytest.mark.parametrize(
    ("factors", "sentence"),
    [
        (np.ones(4), "must return 13 real numbers, one for each weight, not an array of shape (4,)."),
        (None, "must return 13 real numbers, one for each weight, not None."),
        (np.append(np.ones(12), np.nan), "returned nan for element 12 of 13; factors must be finite."),
    ],
)
def test_factors_of_the_wrong_form_are_refused_in_words(factors, sentence):
    with pytest.raises(PluginError) as caught:
        block_rows(block(), EVERYTHING, ConstantWeights(), ReturnsWhat(factors))
    assert str(caught.value) == (
        f"residual ReturnsWhat, configuration 'whole': factors(weights, configuration) {sentence}"
    )


@dataclass(frozen=True)
class PerAtom:
    """Weights that fall with the index of the atom; the stress counts by component."""

    shape: tuple[int, ...] = field(default=(-1,))

    def weights(self, configuration):
        natoms = len(configuration.numbers)
        forces = np.arange(1.0, 3 * natoms + 1) if self.shape == (-1, 3) else np.arange(1.0, natoms + 1)
        return ConfigurationWeight(forces=forces.reshape(self.shape), stress=np.arange(6.0))


def test_weights_may_differ_by_atom_by_component_and_by_stress_component():
    _, rows = residual(EVERYTHING, PerAtom(), EnergyForces(False))
    # the first stress component has weight zero and is left out
    assert rows.weight[:12].tolist() == [1, 1, 1, 1, 2, 2, 2, 1, 2, 3, 4, 5]
    _, rows = residual(EVERYTHING, PerAtom((-1, 3)), EnergyForces(False))
    assert rows.weight[:12].tolist() == [1, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5]


class Wrong:
    def weights(self, configuration):
        return ConfigurationWeight(forces=np.ones(3))


def test_a_weight_of_the_wrong_shape_is_refused_with_its_configuration():
    with pytest.raises(DataError) as caught:
        block_rows(block(), Targets(), Wrong(), EnergyForces())
    assert str(caught.value) == (
        "configuration 'whole': its weights cannot be used: weights for 3 atoms, but the configuration has 2"
    )
