"""Formulas of arrays: values and slopes against NumPy and against extended-precision differences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpcfit.errors import KernelError
from hpcfit.formula import allowed
from hpcfit.formula.array_function import ArrayFunction

# away from the kinks of the formulas below
X = np.array([0.06, 0.13, 0.24, 0.36, 0.47, 0.58, 0.66, 0.78, 0.93])
A = np.linspace(1.0, 2.0, 9)


def made(text, **constants):
    return ArrayFunction(text, "x", ["a"], constants, "residual.data.energy", ["a"])


FORMULAS = [
    "a*(x - 0.3)/k",
    "a*where(x < 0.5, x**2, 1 - x)",
    "max(x, 0.5*a) + min(x, 0.4)",
    "a*abs(x - 0.51)**1.5",
    "x**a + a**x + (x - 0.5)**3 + x**-2",
    "sqrt(1 + x) - 1/(1 + x**2)",
    "where(x <= 0.5, x, a) + where(x > 0.2, x, 0) + where(x >= 0.2, 1, x) + where(x != 0.3, x, 1)",
    *(f"{name}(x)*a" for name, (fewest, most) in allowed.FUNCTIONS.items() if most == 1),
]


def by_numpy(text, x):
    from scipy import special

    renamed = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "max": "fmax", "min": "fmin"}
    names = {name: getattr(np, renamed.get(name, name), None) for name in allowed.FUNCTIONS}
    names |= {"erf": special.erf, "erfc": special.erfc, "x": x, "a": A, "k": 2.0}
    return np.broadcast_to(eval(text, {}, names), x.shape)  # the formulas above are Python, too


@pytest.mark.parametrize("text", FORMULAS)
def test_value_and_slope_are_those_of_the_formula(text):
    function = made(text, k=2.0) if "k" in text else made(text)
    value, slope = function.value_and_slope({"x": X, "a": A})
    np.testing.assert_allclose(np.broadcast_to(value, X.shape), by_numpy(text, X), rtol=1e-14)
    np.testing.assert_array_equal(value, function.value({"x": X, "a": A}))
    h = 2e-4
    steps = [by_numpy(text, X + s * h) for s in (-2, -1, 1, 2)]
    expected = (steps[0] - 8 * steps[1] + 8 * steps[2] - steps[3]) / (12 * h)
    np.testing.assert_allclose(np.broadcast_to(slope, X.shape), expected, rtol=1e-7, atol=1e-9)


@given(st.integers(1, 40), st.integers(0, 30))
def test_bits_of_an_element_do_not_depend_on_its_place_in_the_array(size, before):
    text = "a*tanh(x) + exp(-x)*log(1 + x**2) + sin(x)*cos(x) + x**a + erf(x) + atan(x)"
    x = np.random.default_rng(size).normal(size=size + before) ** 2 + 0.1
    a = np.ones(size + before) * 1.3
    whole = made(text).value_and_slope({"x": x, "a": a})
    part = made(text).value_and_slope({"x": x[before:], "a": a[before:]})
    for some, everything in zip(part, whole, strict=True):
        assert some.tobytes() == everything[before:].tobytes()


def test_it_says_what_it_uses():
    assert made("x*a").uses == {"x", "a"}
    assert made("2*k", k=1.0).uses == frozenset()


def test_where_it_is_not_defined_it_is_not_finite():
    value, slope = made("log(x - 1)").value_and_slope({"x": np.array([0.5, 1.0, 2.0])})
    assert np.isnan(value[0])
    assert np.isneginf(value[1])
    assert slope[2] == 1.0


@pytest.mark.parametrize(
    ("text", "constants", "message"),
    [
        ("a*lnn(x)", {}, 'residual.data.energy: unknown function lnn in "a*lnn(x)" (column 3).'),
        ("a*y", {}, 'residual.data.energy: unknown name y in "a*y" (column 3).'),
        ("k**60*x", {"k": 1e9}, 'residual.data.energy: "k**60*x" has a part that is no finite number.'),
    ],
)
def test_what_is_no_formula_is_refused_in_words(text, constants, message):
    with pytest.raises(KernelError) as caught:
        made(text, **constants)
    assert str(caught.value).startswith(message)
