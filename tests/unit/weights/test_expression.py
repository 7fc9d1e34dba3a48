"""Weights as formulas: every name they may use, and what is refused."""

import math

import numpy as np
import pytest
from weighed import FORCES, STRESS, slab

from hpcfit.errors import DataError, JobError
from hpcfit.weights import ExpressionWeights
from hpcfit.weights.configuration_weight import weight_vector


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("natoms", 2.0),
        ("volume/1000", 1.0),
        ("-energy", 8.0),
        ("-energy_per_atom", 4.0),
        ("f_max", 5.0),
        ("f_rms", math.sqrt((25.0 + 0.25) / 2)),
        ("1 + pressure", 1.0 - STRESS[:3].mean()),
        ("where(energy_per_atom > -5, 1, 0.1)*exp(-f_max/20)", math.exp(-0.25)),
        ("max(erf(0.5), min(atan(1), 3, 2))", math.atan(1.0)),
        (2, 2.0),
    ],
)
def test_the_values_of_a_configuration_for_every_quantity(text, value):
    vector = weight_vector(ExpressionWeights(config=text), slab())
    np.testing.assert_allclose(vector, [value] * 13, rtol=1e-14)
    vector = weight_vector(ExpressionWeights(energy=text, stress=text), slab())
    np.testing.assert_allclose(vector, [value, *[1.0] * 6, *[value] * 6], rtol=1e-14)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("where(Z == 14, 1, 0.2)", (1.0, 0.2)),
        ("x + 10*y + 100*z", (100.0, 432.0)),
        ("f", (5.0, 0.5)),
        ("1/(0.5 + f)", (1 / 5.5, 1.0)),
        ("abs(fx) + 10*abs(fy) + 100*abs(fz)", (403.0, 5.0)),
        ("natoms", (2.0, 2.0)),
        ("where(z < 2, where(Z >= 10, 3, 2), 1)", (3.0, 1.0)),
    ],
)
def test_the_values_of_atoms_for_the_forces(text, values):
    vector = weight_vector(ExpressionWeights(forces=text), slab())
    np.testing.assert_allclose(vector[1:7], np.repeat(values, 3), rtol=1e-15)
    assert vector[[0, *range(7, 13)]].tolist() == [1.0] * 7


def test_formulas_of_what_a_configuration_does_not_have_are_left_alone():
    scheme = ExpressionWeights(energy="-energy", forces="1/f", stress="abs(pressure)")
    weight = scheme.weights(slab(energy=None, forces=None, stress=None))
    assert (weight.energy, float(weight.forces), weight.stress) == (1.0, 1.0, 1.0)


def test_every_fault_of_the_formulas_is_told_with_its_column():
    with pytest.raises(JobError) as caught:
        ExpressionWeights(config="volum/2", energy="2*f", forces="where(Z = 14, 1, 2)", stress="(1 + q")
    assert caught.value.problems == (
        'weights.config: unknown name volum in "volum/2" (column 1). Did you mean volume?',
        'weights.energy: unknown name f in "2*f" (column 3). It is a value of an atom, which only '
        "weights.forces may use. Known: natoms, volume, energy, energy_per_atom, f_max, f_rms, pressure",
        'weights.forces: cannot read the expression in "where(Z = 14, 1, 2)" (column 9). To compare, write '
        "== instead of =",
        'weights.stress: cannot read the expression in "(1 + q" (column 1). Look for a missing operator or '
        "bracket there",
    )
    with pytest.raises(JobError) as caught:
        ExpressionWeights(stress="q")
    assert caught.value.problems == (
        'weights.stress: unknown name q in "q" (column 1). Known: energy, energy_per_atom, f_max, f_rms, '
        "natoms, pressure, volume",
    )


@pytest.mark.parametrize(
    ("options", "changes", "message"),
    [
        (
            {"config": "exp(energy_per_atom)"},
            {"energy": None},
            "weights.config uses energy_per_atom, but it has no energy; use another formula, or leave it out "
            "by its tag in [data].",
        ),
        (
            {"energy": "1/volume"},
            {"cell": np.zeros((3, 3))},
            "weights.energy uses volume, but it has no cell volume; use another formula, or leave it out by "
            "its tag in [data].",
        ),
        (
            {"forces": "1/(f - 0.5)"},
            {},
            "weights.forces is inf for atom 1, where f = 0.5; a weight must be finite and not negative.",
        ),
        (
            {"forces": "where(Z == 14, fy - 1, 1)"},
            {},
            "weights.forces is -1 for atom 0, where Z = 14 and fy = 0; a weight must be finite and not "
            "negative.",
        ),
        (
            {"forces": "f - natoms"},
            {},
            "weights.forces is -1.5 for atom 1, where f = 0.5 and natoms = 2; a weight must be finite and "
            "not negative.",
        ),
        (
            {"config": "log(energy)"},
            {},
            "weights.config is nan, where energy = -8; a weight must be finite and not negative.",
        ),
    ],
)
def test_a_value_that_is_no_weight_is_told_with_configuration_and_atom(options, changes, message):
    with pytest.raises(DataError) as caught:
        ExpressionWeights(**options).weights(slab(**changes))
    assert str(caught.value) == f"configuration 'slab-3': {message}"


def test_forces_of_the_fixture_are_those_of_the_expected_numbers():
    assert np.linalg.norm(FORCES, axis=1).tolist() == [5.0, 0.5]
