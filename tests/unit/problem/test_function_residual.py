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
    with pytest.raises(
        PluginError, match="returned a vector of length 7 before; neither type nor length may depend"
    ):
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


@pytest.mark.parametrize(
    ("returned", "shown"),
    [
        (None, "None"),
        (np.zeros((7, 1)), "an array of shape (7, 1)"),
        (np.zeros(7, complex), "an array of shape (7,) of complex128"),
        (np.array(["a"]), "an array of shape (1,) of <U1"),
        (3.5, "3.5"),
        ([1 / 3] * 40, "a list of 40 elements"),
        (np.ma.masked_array(np.zeros(7), np.arange(7) > 3), "a masked array of shape (7,)"),
    ],
)
def test_what_is_no_real_vector_is_refused_in_words(returned, shown):
    with pytest.raises(PluginError) as caught:
        residual(lambda *arguments: returned)
    assert str(caught.value) == (
        "residual function mine.py:f, configuration 'crack-1': must return a numpy vector of real numbers, "
        f"not {shown}."
    )


@pytest.mark.parametrize(
    ("later", "shown"),
    [
        (lambda x: x[:3], "an array of shape (3,)"),
        (lambda x: [1.0, 2.0], "[1.0, 2.0]"),
        (lambda x: x + 0j, "an array of shape (7,) of complex128"),
    ],
)
def test_a_form_that_depends_on_the_prediction_is_found_before_any_evaluation(later, shown):
    def changing(identifier, natoms, weight, prediction, reference, data):
        return prediction if (prediction == reference).all() else later(prediction)

    with pytest.raises(PluginError) as caught:
        residual(changing)
    assert str(caught.value) == (
        f"residual function mine.py:f, configuration 'crack-1': returned {shown} where it returned a vector "
        "of length 7 before; neither type nor length may depend on the prediction."
    )


def change_reference(identifier, natoms, weight, prediction, reference, data):
    reference -= prediction
    return reference


def change_data(identifier, natoms, weight, prediction, reference, data):
    data["calls"] = 1
    return prediction


@pytest.mark.parametrize("function", [change_reference, change_data])
def test_changed_arguments_are_refused_with_advice(function):
    with pytest.raises(PluginError) as caught:
        residual(function)
    assert str(caught.value).endswith(
        "). Of its arguments a residual function may change prediction only; work on a copy of the others."
    )


def elementwise(identifier, natoms, weight, prediction, reference, data):
    return weight.vector * np.arcsinh(prediction - reference)


def elementwise_slope(identifier, natoms, weight, prediction, reference, data):
    return weight.vector / np.sqrt(1.0 + (prediction - reference) ** 2)


def mixing(identifier, natoms, weight, prediction, reference, data):
    return np.array([prediction[0] * prediction[1], np.sum(prediction**2), prediction[3]])


def mixing_slope(identifier, natoms, weight, prediction, reference, data):
    table = np.zeros((3, len(prediction)))
    table[0, :2] = prediction[1], prediction[0]
    table[1] = 2.0 * prediction
    table[2, 3] = 1.0
    return table


def with_jacobian(function, jacobian):
    """A fresh function with the attribute, so that no other test sees it."""

    def own(*arguments):
        return function(*arguments)

    own.jacobian = jacobian
    return own


@pytest.mark.parametrize(("function", "slope"), [(elementwise, elementwise_slope), (mixing, mixing_slope)])
def test_a_jacobian_that_the_function_brings_is_used(function, slope):
    calls = []

    def counted(*arguments):
        calls.append(1)
        return function(*arguments)

    made = residual(with_jacobian(counted, slope))
    calls.clear()
    value, jacobian = made.value_and_jacobian(PREDICTION, SLOPES)
    assert len(calls) == 1
    given = slope("crack-1", 2, WEIGHT, PREDICTION, REFERENCE, {})
    expected = given[:, None] * SLOPES if given.ndim == 1 else given @ SLOPES
    np.testing.assert_allclose(jacobian, expected, rtol=1e-14)
    np.testing.assert_array_equal(value, function("crack-1", 2, WEIGHT, PREDICTION, REFERENCE, {}))


def test_a_wrong_element_of_a_jacobian_is_named_with_both_numbers():
    def wrong(*arguments):
        table = mixing_slope(*arguments)
        table[2, 3] = 1.25
        return table

    with pytest.raises(PluginError) as caught:
        residual(with_jacobian(mixing, wrong))
    assert str(caught.value) == (
        "residual function mine.py:f, configuration 'crack-1': its jacobian is wrong: d residual[2] / "
        "d prediction[3] is given as 1.25, and differences find 1. Correct it, or leave it out: hpcfit then "
        "differentiates the function itself."
    )


def test_a_wrong_elementwise_jacobian_is_named_with_both_numbers():
    def wrong(*arguments):
        slope = np.ones(M)
        slope[4] = -1.0
        return slope

    with pytest.raises(
        PluginError, match=r"d residual\[4\] / d prediction\[4\] is given as -1, and .* find 1\."
    ):
        residual(with_jacobian(lambda i, n, w, prediction, reference, d: prediction - reference, wrong))


MUST = "its jacobian must return an array of real numbers of shape"
EITHER = "(7, 7), or of shape (7,) for an elementwise function"


@pytest.mark.parametrize(
    ("function", "jacobian", "sentence"),
    [
        (mixing, lambda *a: np.ones(3), f"{MUST} (3, 7), not an array of shape (3,)."),
        (elementwise, lambda *a: np.ones((7, 2)), f"{MUST} {EITHER}, not an array of shape (7, 2)."),
        (elementwise, lambda *a: None, f"{MUST} {EITHER}, not None."),
        (
            elementwise,
            3.0,
            "its attribute jacobian must be a function of (identifier, natoms, weight, prediction, "
            "reference, data), not 3.0.",
        ),
    ],
)
def test_a_jacobian_of_the_wrong_form_is_refused_in_words(function, jacobian, sentence):
    with pytest.raises(PluginError) as caught:
        residual(with_jacobian(function, jacobian))
    assert str(caught.value) == f"residual function mine.py:f, configuration 'crack-1': {sentence}"


def test_a_jacobian_of_a_function_with_a_kink_is_not_refused_for_it():
    def slope(identifier, natoms, weight, prediction, reference, data):
        u = prediction - reference
        return np.where(np.abs(u) < 0.7, 1.0, 0.7 / np.sqrt(np.maximum(2 * 0.7 * np.abs(u) - 0.49, 1e-9)))

    made = residual(with_jacobian(huber, slope))
    _, jacobian = made.value_and_jacobian(PREDICTION, SLOPES)
    np.testing.assert_allclose(jacobian, slope_of(huber), rtol=1e-7, atol=1e-9)


def test_what_is_not_finite_is_told_by_its_element():
    def rooted(identifier, natoms, weight, prediction, reference, data):
        return np.sqrt(prediction - reference)

    made = residual(rooted)
    above = REFERENCE + 1.0
    assert made.fault(above, SLOPES) is None
    above[5] = REFERENCE[5] - 1.0
    begin = "residual function mine.py:f, configuration 'crack-1': "
    end = "at the initial values, where every prediction is finite"
    assert made.fault(above, SLOPES) == f"{begin}element 5 of the 7 that it returns is nan {end}"
    above[5] = REFERENCE[5]
    told = f"{begin}the derivative of element 5 of the 7 that it returns is not finite {end}"
    assert residual(with_jacobian(rooted, root_slope)).fault(above, SLOPES) == told


def test_what_is_finite_nowhere_near_the_references_is_refused():
    made = residual(lambda *arguments: np.where(np.arange(M) == 3, np.nan, arguments[3]))
    with pytest.raises(PluginError) as caught:
        made.require_finite()
    assert str(caught.value) == (
        "residual function mine.py:f, configuration 'crack-1': element 3 of the 7 that it returns is not "
        "finite, wherever near the references the prediction is. Look for a division by zero, or a root or "
        "logarithm, in the residual."
    )
    residual(lambda *arguments: np.sqrt(arguments[3] - REFERENCE)).require_finite()


def root_slope(identifier, natoms, weight, prediction, reference, data):
    return 0.5 / np.sqrt(prediction - reference)
