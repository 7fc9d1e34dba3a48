"""Residuals of many rows at once: against values by hand, derivatives against differences."""

import numpy as np
import pytest

from hpcfit.errors import DataError, JobError
from hpcfit.residuals import ForceMagnitudeDirection, FormulaResidual
from hpcfit.residuals.vector_residual import PredictionRows

NAN = np.nan
RANDOM = np.random.default_rng(7)


def rows(forces_weight=None):
    """A dimer with everything and an atom without energy."""
    reference = np.array([-8.0, 3, 0, -4, 0, 0.02, 0, *[0.1, 0, -0.2, 0.1, 0, 0.1], NAN, 1, 2, 2, *[NAN] * 6])
    weight = np.array([10.0, *[0.5] * 6, *[2.0] * 6, 10.0, *[0.5] * 3, *[2.0] * 6])
    if forces_weight is not None:
        weight[1:7] = forces_weight
    return PredictionRows(
        ("dimer", "atom"), np.array([0, 13, 23]), np.array([2, 1]), np.array([50.0, NAN]), reference, weight
    )


PREDICTION = np.nan_to_num(rows().reference) + RANDOM.normal(scale=0.3, size=23)
SLOPES = RANDOM.normal(size=(3, 23))
RESIDUALS = [
    FormulaResidual(),
    FormulaResidual("weight*(prediction - reference)/natoms", "tanh(prediction - reference)/(magnitude + f)",
                    "volume*weight*(prediction - reference)", {"f": 0.1}),
    FormulaResidual("1.5", "exp(prediction)*weight", "natoms*prediction**2"),
    ForceMagnitudeDirection(),
    ForceMagnitudeDirection(2.0, 0.5, 0.3, "energy"),
    ForceMagnitudeDirection(0.0, 1.0, 0.3, False),
    ForceMagnitudeDirection(1.0, 0.0, 1e-3, False),
]  # fmt: skip


def test_rows_know_their_quantity_and_configuration():
    made = rows()
    assert made.quantity.tolist() == [0, *[1] * 6, *[2] * 6, 0, *[1] * 3, *[2] * 6]
    assert made.owner.tolist() == [0] * 13 + [1] * 10


def test_formulas_see_the_values_of_their_row():
    names = "prediction + 10*reference + 100*weight + 1000*natoms"
    made = FormulaResidual(names, f"{names} + 1e6*magnitude", f"{names} + 1e6*volume + 1e9*magnitude")
    function = made.of_rows(rows())
    reference, weight = rows().reference, rows().weight
    assert function.source.tolist() == [*range(13), 14, 15, 16]
    norm = np.sqrt(0.1**2 + 0.2**2 + 2 * 0.1**2 + 2 * 0.1**2)
    natoms = np.array([2.0] * 13 + [1.0] * 3)
    more = np.array([0, *[5e6] * 3, *[2e4] * 3, *[5e7 + 1e9 * norm] * 6, *[3e6] * 3])
    own = function.source
    expected = PREDICTION[own] + 10 * reference[own] + 100 * weight[own] + 1000 * natoms + more
    np.testing.assert_allclose(function.value(PREDICTION), expected, rtol=1e-14)


def test_formulas_default_to_weighted_differences():
    function = FormulaResidual().of_rows(rows())
    own = function.source
    expected = rows().weight[own] * (PREDICTION[own] - rows().reference[own])
    np.testing.assert_allclose(function.value(PREDICTION), expected, rtol=1e-15)


def test_size_and_direction_of_a_force_by_hand():
    function = ForceMagnitudeDirection(2.0, 0.5, 1e-6, False).of_rows(rows())
    prediction = PREDICTION.copy()
    prediction[1:4] = [0.0, 0.0, 10.0]
    # row 1 carries the size and then the x component
    found = function.value(prediction)[np.isin(function.source, [1, 2, 3])]
    expected = [0.5 * 2.0 * (10.0 - 5.0), 0.5 * 0.5 * (0 - 0.6), 0.0, 0.5 * 0.5 * (1.0 + 0.8)]
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_energy_and_stress_beside_forces_are_weighted_differences():
    function = ForceMagnitudeDirection(normalize_by_natoms="energy").of_rows(rows())
    plain = np.isin(function.source, [0, *range(7, 13)])
    difference = PREDICTION[[0, *range(7, 13)]] - rows().reference[[0, *range(7, 13)]]
    expected = difference * [5.0, *[2.0] * 6]
    np.testing.assert_allclose(function.value(PREDICTION)[plain], expected, rtol=1e-14)
    assert len(function.source) == 1 + 6 + 4 * 3


@pytest.mark.parametrize("residual", RESIDUALS, ids=str)
def test_derivatives_are_those_of_the_value(residual):
    function = residual.of_rows(rows())
    found = function.linearized(np.concatenate([SLOPES, PREDICTION[None]]))
    assert found.shape == (4, len(function.source))
    np.testing.assert_array_equal(found[-1], function.value(PREDICTION))
    h = 1e-3
    for k in range(3):
        at = [function.value(PREDICTION + s * h * SLOPES[k]) for s in (-2, -1, 1, 2)]
        expected = (at[0] - 8 * at[1] + 8 * at[2] - at[3]) / (12 * h)
        np.testing.assert_allclose(found[k], expected, rtol=1e-6, atol=1e-8 * np.abs(expected).max())
    assert (np.diff(function.source) >= 0).all()


@pytest.mark.parametrize("residual", RESIDUALS, ids=str)
def test_the_rows_of_a_configuration_are_the_same_alone_and_beside_others(residual):
    whole = residual.of_rows(rows())
    made = rows()
    alone = residual.of_rows(
        PredictionRows(("atom",), np.array([0, 10]), made.natoms[1:], made.volume[1:],
                       made.reference[13:], made.weight[13:])
    )  # fmt: skip
    own = whole.source >= 13
    columns = np.concatenate([SLOPES, PREDICTION[None]])
    assert whole.linearized(columns)[:, own].tobytes() == alone.linearized(columns[:, 13:]).tobytes()


def test_forces_of_weight_zero_take_no_part():
    function = ForceMagnitudeDirection().of_rows(rows([0.0, 0.0, 0.0, 1.0, 1.0, 1.0]))
    assert not np.isin([1, 2, 3], function.source).any()
    assert np.isin([4, 5, 6], function.source).all()


def test_weights_that_differ_between_the_components_of_a_force_are_refused():
    with pytest.raises(DataError) as caught:
        ForceMagnitudeDirection().of_rows(rows([1.0, 1.0, 1.0, 1.0, 2.0, 1.0]))
    assert str(caught.value) == (
        "configuration 'dimer': the residual force-magnitude-direction needs one weight for each atom, and "
        "the three components of a force have different ones; give the forces a number, or one weight for "
        "each atom."
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"energy": "wieght*(prediction - reference)"},
         'residual.data.energy: unknown name wieght in "wieght*(prediction - reference)" (column 1). '
         "Did you mean weight?"),
        ({"forces": "prediction -"}, 'residual.data.forces: cannot read the expression in "prediction -" '
         "(column 13). Look for a missing operator or bracket there"),
        ({"constants": {"natoms": 3.0}}, "residual.data.constants.natoms: natoms has a meaning in formulas "
         "already; give it another name."),
        ({"constants": {"exp": 3.0}}, "residual.data.constants.exp: exp has a meaning in formulas already; "
         "give it another name."),
        ({"constants": {"k": "3"}}, "residual.data.constants.k: a finite number is expected, not '3'."),
        ({"constants": {"k": np.inf}}, "residual.data.constants.k: a finite number is expected, not inf."),
        ({"constants": {"wdith": 1.0}, "energy": "prediction/weight"}, "residual.data.constants.wdith: "
         "no formula uses this name. Known: prediction, reference, weight"),
    ],
)  # fmt: skip
def test_formulas_that_cannot_be_are_refused_in_words(options, sentence):
    with pytest.raises(JobError) as caught:
        FormulaResidual(**options)
    assert str(caught.value) == sentence
