"""Derivatives of users' residual functions: exact where affine, accurate elsewhere."""

import numpy as np
import pytest

from hpcfit.data import configuration
from hpcfit.errors import PluginError
from hpcfit.problem.function_residual import FunctionResidual
from hpcfit.residuals import WeightView

M, P = 7, 3
RNG = np.random.default_rng(5)
REFERENCE = np.concatenate([[-310.0], RNG.normal(size=M - 1)])
PREDICTION = REFERENCE + RNG.normal(size=M)
SLOPES = RNG.normal(size=(M, P))
DIMER = configuration("crack-1", [14, 14], [[0.0, 0.0, 0.0], [2.0, 0.0, 0.0]])
WEIGHT = WeightView(1.0, 2.0, 3.0, 1.0, np.linspace(1.0, 2.0, M), DIMER, slice(0, 1), slice(1, 7))


def residual(function, data=None):
    return FunctionResidual(function, "mine.py:f", "crack-1", 2, WEIGHT, REFERENCE, data or {})


def kliff_style(identifier, natoms, weight, prediction, reference, data):
    difference = weight.config_weight * (prediction - reference)
    difference[0] *= weight.energy_weight
    difference[1:] *= weight.forces_weight
    return difference / natoms if data["normalize_by_natoms"] else difference


def test_elementwise_affine_function_gets_its_exact_slope():
    made = residual(kliff_style, {"normalize_by_natoms": True})
    value, jacobian = made.value_and_jacobian(PREDICTION, SLOPES)
    scale = np.array([1.0] + [1.5] * (M - 1))
    np.testing.assert_array_equal(value, made.value(PREDICTION))
    np.testing.assert_allclose(jacobian, scale[:, None] * SLOPES, rtol=1e-13)


@pytest.mark.parametrize("name", ["reference", "weight"])
def test_function_that_changes_reference_or_weight_is_refused(name):
    def careless(identifier, natoms, weight, prediction, reference, data):
        changed = {"reference": reference, "weight": weight.vector}[name]
        changed *= 0.5
        return prediction - reference

    with pytest.raises(PluginError, match=r"'crack-1': raised ValueError: .* read-only \(.*\.py:\d+\)"):
        residual(careless)


def test_affine_function_that_mixes_elements_is_exact_too():
    def energy_difference(identifier, natoms, weight, prediction, reference, data):
        return np.array([prediction[0] - prediction[1], prediction[1:].sum()])

    _, jacobian = residual(energy_difference).value_and_jacobian(PREDICTION, SLOPES)
    expected = np.stack([SLOPES[0] - SLOPES[1], SLOPES[1:].sum(axis=0)])
    np.testing.assert_allclose(jacobian, expected, rtol=1e-13)


def log_cosh(identifier, natoms, weight, prediction, reference, data):
    return np.sqrt(np.log(np.cosh(prediction - reference)))


def force_magnitude(identifier, natoms, weight, prediction, reference, data):
    size = np.sqrt((prediction[1:].reshape(natoms, 3) ** 2).sum(axis=1))
    return size - np.linalg.norm(reference[1:].reshape(natoms, 3), axis=1)


def not_analytic(identifier, natoms, weight, prediction, reference, data):
    # abs and float() lose the imaginary part, so that the complex step is wrong or fails
    return np.abs(prediction - reference) ** 1.5


def fails_on_complex(identifier, natoms, weight, prediction, reference, data):
    out = np.empty(len(prediction))
    for i in range(len(prediction)):
        out[i] = float(np.sinh(0.3 * (prediction[i] - reference[i])))
    return out


def huber(identifier, natoms, weight, prediction, reference, data):
    u = prediction - reference
    return np.where(np.abs(u) < 0.7, u, np.sign(u) * np.sqrt(np.maximum(2 * 0.7 * np.abs(u) - 0.49, 0.0)))


def slope_of(function, data=None):
    """Reference by a five-point rule in extended precision."""
    h = np.longdouble("1e-4")
    columns = []
    for k in range(P):
        d = SLOPES[:, k].astype(np.longdouble)
        at = [
            np.asarray(
                function("crack-1", 2, WEIGHT, PREDICTION + s * h * d, REFERENCE.astype(np.longdouble), data)
            )
            for s in (-2, -1, 1, 2)
        ]
        columns.append((at[0] - 8 * at[1] + 8 * at[2] - at[3]) / (12 * h))
    return np.array(columns, dtype=np.float64).T


@pytest.mark.parametrize("function", [log_cosh, force_magnitude, not_analytic, fails_on_complex, huber])
def test_other_functions_are_differentiated_to_1e_7(function):
    _, jacobian = residual(function).value_and_jacobian(PREDICTION, SLOPES)
    expected = slope_of(function)
    np.testing.assert_allclose(jacobian, expected, rtol=1e-7, atol=1e-7 * np.abs(expected).max())


def test_a_function_may_change_its_argument_in_place():
    def greedy(identifier, natoms, weight, prediction, reference, data):
        prediction -= reference
        return prediction

    made = residual(greedy)
    kept = PREDICTION.copy()
    value, _ = made.value_and_jacobian(kept, SLOPES)
    np.testing.assert_array_equal(kept, PREDICTION)
    np.testing.assert_array_equal(value, PREDICTION - REFERENCE)


def test_non_finite_residual_is_passed_on_and_not_hidden():
    made = residual(kliff_style, {"normalize_by_natoms": False})
    prediction = PREDICTION.copy()
    prediction[2] = np.nan
    value, jacobian = made.value_and_jacobian(prediction, SLOPES)
    assert np.isnan(value[2])
    assert np.isnan(jacobian).all()


def test_a_list_is_refused_in_words():
    with pytest.raises(PluginError) as caught:
        residual(lambda *arguments: [1.0, 2.0])
    assert str(caught.value) == (
        "residual function mine.py:f, configuration 'crack-1': must return a numpy vector of real "
        "numbers, not [1.0, 2.0]."
    )


def test_a_changing_length_is_refused_in_words():
    def ragged(identifier, natoms, weight, prediction, reference, data):
        return prediction[prediction > 0.0] if prediction[0] > 0 else prediction

    made = residual(ragged)
    with pytest.raises(PluginError, match="returned a vector of length 7 before; neither type nor length may depend"):
        made.value(np.abs(PREDICTION) * np.array([1.0, -1.0] + [1.0] * (M - 2)))


def test_an_exception_names_function_configuration_and_line():
    def broken(identifier, natoms, weight, prediction, reference, data):
        return data["missing"]

    with pytest.raises(PluginError) as caught:
        residual(broken)
    message = str(caught.value)
    assert message.startswith(
        "residual function mine.py:f, configuration 'crack-1': raised KeyError: 'missing' ("
    )
    assert "test_function_residual.py:" in message
