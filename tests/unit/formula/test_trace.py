"""A plain function in Python becomes the formula that it computes; what cannot, is told by its line."""

from __future__ import annotations

import importlib.util
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpcfit.errors import KernelError
from hpcfit.formula import functions
from hpcfit.formula.check import evaluate_expression
from hpcfit.formula.trace import TracedFormula, trace

HEAD = """
import math
from functools import partial

import numpy as np
from scipy import special

from hpcfit.formula.functions import bspline, coulomb_constant, erfc, exp, maximum, minimum, pi, switch, where
"""
Function = Callable[..., Any]


@pytest.fixture
def defined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Function]:
    """The function `f` of a file of the user's, in the current folder, whose line 10 is the first one."""
    monkeypatch.chdir(tmp_path)

    def define(text: str) -> Function:
        path = tmp_path / "mine.py"
        path.write_text(f"{HEAD}\n{text}")
        spec = importlib.util.spec_from_file_location("mine", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found: Function = module.f
        return found

    return define


def value(traced: TracedFormula, **values: float) -> float:
    """What the text gives for numbers."""
    for name, text in traced.let:
        values[name] = evaluate_expression(text, values, "test")
    return evaluate_expression(traced.text, values, "test")


CASES = [
    ("def f(r, D, alpha, r0):\n    x = exp(-alpha*(r - r0))\n    return D*(x**2 - 2*x)", None),
    (
        "def f(r, A, B):\n    e = 0\n    for k in range(1, 4):\n        e += B*r**-k\n    return A*e",
        "A*(B*r**-1 + B*r**-2 + B*r**-3)",
    ),
    ("def f(r, A):\n    return sum([A, r, 2]) - -r*A", "A + r + 2 - (-r*A)"),
    ("def f(r, A):\n    return 2**-r/(A/r) - (r - (A - r))**2", "2**-r/(A/r) - (r - (A - r))**2"),
    ("def f(r, A):\n    return -r**2 + (-r)**3 - abs(-A)", "-r**2 + (-r)**3 - abs(-A)"),
    ("def f(r, A):\n    return where(r < A, r, 0.5)", "where(r < A, r, 0.5)"),
    (
        "def f(r, A, B):\n    return np.where((r > A) & ~(r >= B), np.sqrt(r), A)",
        "where(r > A, where(r >= B, A, sqrt(r)), A)",
    ),
    ("def f(r, A):\n    return where((r < 1) | (r > 3), A, r)", "where(r < 1, A, where(r > 3, A, r))"),
    ("def f(r, A):\n    return minimum(r, A)*maximum(A, 2)*np.fmin(r, 1)", None),
    ("def f(r, A):\n    return A*np.sum(np.array([1, 2, 3])*r**np.arange(3))", None),
    ("def f(r, A):\n    return np.polyval([1.0, A, 0.25], r) + np.exp(np.array([r, A])).sum()", None),
    ("def f(r, A):\n    return A*special.erfc(r)*np.square(r)/np.reciprocal(r) - np.log1p(A)", None),
    ("def f(r, A):\n    return np.clip(r, A, 3)*np.heaviside(r - A, 1)*np.expm1(r)", None),
    ("def f(r, A):\n    return np.float64(2)*r - np.float64(3) + np.int64(2)**r + np.array(4.0)*A", None),
    ("def f(r, A):\n    return A*switch(r, 1, 2)*pi*coulomb_constant", None),
    ("def f(r, *, A):\n    return A*r", "A*r"),
    ("def f(r, A, /):\n    return A*r", "A*r"),
    ("def f(r, lambda_):\n    return lambda_*r", "lambda*r"),
    ("def g(r, A, n):\n    return A*r**n\nf = partial(g, n=-6)", "A*r**n"),
    ("f = lambda r, A: A*r", "A*r"),
    ("class G:\n    def __call__(self, r, A):\n        return A*r\nf = G()", "A*r"),
    ("def f(r, A, kind='fast', terms=None, deep=True):\n    return A if kind == 'slow' else A*r", "A*r"),
    ("def f(r, A):\n    return 3", "3"),
    (
        "def f(r, phi, A):\n    return A*bspline(r, phi, knots=np.int64(9), r_min=np.float64(1.5), r_max=4)",
        "A*bspline(r, phi, knots=9, r_min=1.5, r_max=4)",
    ),
    ("def f(r, A):\n    return np.asarray(r*A)", "r*A"),
]


@pytest.mark.parametrize(("text", "formula"), CASES)
def test_the_text_computes_what_the_function_does(
    defined: Callable[[str], Function], text: str, formula: str | None
) -> None:
    function = defined(text)
    traced = trace(function, "test")
    if formula is not None:
        assert (traced.text, traced.let) == (formula, ())
    values = {"r": 1.7, "A": 0.6, "B": 2.5, "D": 1.1, "alpha": 1.4, "r0": 2.0, "n": -6.0}
    if "lambda" not in text and "bspline" not in text:
        arguments = {name: values[name] for name in re.findall(r"\w+", text.split("(")[1].split(")")[0])
                     if name in values} if text.startswith("def f") else {"r": 1.7, "A": 0.6}  # fmt: skip
        positional = "/" in text.split(":")[0]
        expected = function(*arguments.values()) if positional else function(**arguments)
        assert value(traced, **values) == pytest.approx(float(expected), rel=1e-14)


def test_defaults_that_are_numbers_are_those_of_parameters(defined: Callable[[str], Function]) -> None:
    traced = trace(
        defined("def f(r, A, n=6, rho=np.float64(0.3), kind=None):\n    return A*r**-n/rho"), "test"
    )
    assert traced.defaults == {"n": 6.0, "rho": 0.3}


def test_long_and_repeated_parts_get_names_that_nothing_else_has(defined: Callable[[str], Function]) -> None:
    text = "def f(r, A, f_1):\n    x = exp(-A*(r - 1.0)**2/f_1)\n    return x**2 - 2*x"
    traced = trace(defined(text), "test", taken=["f_2"])
    assert traced.text == "f_3**2 - 2*f_3"
    assert traced.let == (("f_3", "exp(-A*(r - 1)**2/f_1)"),)
    text = (
        "def f(r, A):\n    x = r\n    for k in range(300):\n        x = A*x + exp(-k*r)/(1 + x)\n    return x"
    )
    traced = trace(defined(text), "test")
    assert len(traced.let) > 290
    assert all(len(each) < 3000 for _, each in traced.let)
    assert value(traced, r=0.9, A=0.2) == pytest.approx(defined(text)(0.9, 0.2), rel=1e-12)


BRANCH = (
    "a branch cannot depend on a variable or parameter. Write where(r < rc, a, b) with where of "
    "hpcfit.formula.functions or of NumPy"
)
COMBINED = (
    "a branch cannot depend on a variable or parameter. Write where((r > a) & (r < b), yes, no); "
    "conditions are combined by &, | and ~"
)
NUMBER = "a plain number is needed here, and a variable or parameter is none yet. Compute with it as it is"
KNOWN = (
    " has no place in a formula. There are + - * / ** and abs, acos, asin, atan, cos, cosh, erf, "
    "erfc, exp, log, maximum, minimum, sin, sinh, sqrt, switch, switch_cosine, switch_tersoff, tan, "
    "tanh, where"
)
CALLED = " f is called with symbols for numbers"
ONE = " Return one expression of its arguments"
#: function, line, sentence
REFUSED: list[tuple[str, int | str, str]] = [
    ("def f(r, A, rc):\n    if r < rc:\n        return A\n    return 0", 11, BRANCH),
    ("def f(r, A):\n    return A if r > 1 and r < 2 else 0", 11, COMBINED),
    ("def f(r, A):\n    return where(1 < r < A, r, 0)", 11, COMBINED),
    ("def f(r, A):\n    while r:\n        r = r - A", 11, BRANCH),
    (
        "def f(r, A):\n    return A*min(r, 2)",
        11,
        "a branch cannot depend on a variable or parameter. Write minimum(a, b) or maximum(a, b) of "
        "hpcfit.formula.functions or of NumPy",
    ),
    (
        "def g(x):\n    return math.exp(-x)\ndef f(r, A):\n    return A*g(r)",
        11,
        "exp of the module math takes plain numbers only. Write exp of hpcfit.formula.functions, or of NumPy",
    ),
    (
        "from math import sqrt as root\ndef f(r, A):\n    return A*root(r)",
        12,
        "sqrt of the module math takes plain numbers only. Write sqrt of hpcfit.formula.functions, or of "
        "NumPy",
    ),
    ("def f(r, A):\n    return A*float(r)", 11, NUMBER),
    ("def f(r, A):\n    e = A\n    for k in range(r):\n        e += k\n    return e", 12, NUMBER),
    (
        "def f(r, A):\n    return r // A",
        11,
        "rounding, // and % have no derivative. Write where(condition, a, b) of smooth pieces",
    ),
    (
        "def f(r, A):\n    return where(r > 1 & r < A, 1, 2)",
        11,
        "&, | and ~ combine conditions. Put each into brackets: (r > a) & (r < b)",
    ),
    ("def f(r, A):\n    return A/0 + r/0", 11, "division by zero. Divide by something else"),
    (
        "def f(r, A):\n    return A*r*float('inf')",
        11,
        "the number inf is not finite, or too large. Look for a division by zero",
    ),
    ("def f(r, A):\n    return np.floor(r)*A", 11, "floor" + KNOWN),
    ("def f(r, A):\n    return np.add.accumulate(r)", 11, "add.accumulate" + KNOWN),
    ("def f(r, A):\n    return np.linspace(r, A)", 11, "linspace" + KNOWN),
    (
        "def f(r, A):\n    while True:\n        A = A + r",
        12,
        "more than 3000 operations on variables and parameters. Look for a loop that does not end, or write "
        "a sum in closed form",
    ),
    (
        "def f(r, A):\n    try:\n        if r < 1:\n            return A\n    except Exception:\n"
        "        A = 1\n    return r",
        12,
        BRANCH,
    ),
    ("def f(r, A):\n    return r[0]*A", 11, "TypeError: 'Symbol' object is not subscriptable." + CALLED),
    ("def f(r, A):\n    return A*undefined", 11, "NameError: name 'undefined' is not defined." + CALLED),
    ("def f(r, A):\n    import sys\n    sys.exit(3)", 12, "SystemExit: 3." + CALLED),
    (
        "def f(r, phi, A):\n    return bspline(r, phi, knots=9, r_min=1.5, r_max=A)",
        11,
        "the knots of a bspline are numbers. Give numbers, not parameters",
    ),
    (
        "def f(r, phi):\n    return bspline(r, 'phi', knots=9, r_min=1.5, r_max=4)",
        11,
        "TypeError: bspline wants an argument of the function that is traced, by which it is named." + CALLED,
    ),
    ("def f(r, A):\n    A*r", 10, "f returns nothing." + ONE),
    ("def f(r, A):\n    return A, r", 10, "f returns tuple." + ONE),
    ("def f(r, A):\n    return r < A", 10, "f returns Condition." + ONE),
    ("def f(r, A):\n    yield r", 10, "f returns generator." + ONE),
    ("async def f(r, A):\n    return r", 10, "f returns coroutine." + ONE),
    (
        "def f(r, A):\n    return A*r*np.random.random()",
        10,
        "it is another formula every time it is called. Take random numbers, times and counters out of it",
    ),
    (
        "def f(r, *rest):\n    return r",
        10,
        "*rest stands for any arguments. Name every variable and parameter",
    ),
    (
        "def f(r, **rest):\n    return r",
        10,
        "**rest stands for any arguments. Name every variable and parameter",
    ),
    (
        "def f(r, _A):\n    return r*_A",
        10,
        "argument _A cannot be a name in formulas. Write a letter, then letters, digits or _",
    ),
    (
        "def f(r, \u03c3):\n    return r*\u03c3",
        10,
        "argument \u03c3 cannot be a name in formulas. Write a letter, then letters, digits or _",
    ),
    ("def f(r, pi):\n    return r*pi", 10, "argument pi has a meaning in formulas already. Rename it"),
    ("f = max", "max", "its arguments cannot be told. Write a function in Python: def name(r, A): ..."),
]


@pytest.mark.parametrize(("text", "line", "sentence"), REFUSED)
def test_what_cannot_be_traced_is_told_with_its_line_and_what_to_write(
    defined: Callable[[str], Function], text: str, line: int | str, sentence: str
) -> None:
    with pytest.raises(KernelError) as refusal:
        trace(defined(text), "potential[0].pair")
    place = f"mine.py:{line}" if isinstance(line, int) else line
    assert str(refusal.value) == f"potential[0].pair: {place}: {sentence}"


NUMBERS = np.array([0.2, 0.7, 1.0, 1.4, 2.0, 3.0])


@pytest.mark.parametrize(
    "name", ["exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "erf", "erfc"]
)
def test_the_functions_take_numbers_and_arrays_too(name: str) -> None:
    function = functions.BY_NAME[name]
    expected = [getattr(math, name)(x) for x in NUMBERS]
    np.testing.assert_allclose(function(NUMBERS), expected, rtol=1e-14)
    assert function(0.7) == pytest.approx(getattr(math, name)(0.7), rel=1e-14)
    assert function.__doc__


def test_inverse_functions_choices_and_switches_take_numbers_and_arrays_too() -> None:
    inside = np.array([-0.5, 0.0, 0.9])
    np.testing.assert_allclose(functions.asin(inside), np.arcsin(inside))
    np.testing.assert_allclose(functions.acos(inside), np.arccos(inside))
    np.testing.assert_allclose(functions.atan(inside), np.arctan(inside))
    np.testing.assert_array_equal(functions.minimum(NUMBERS, 1.0), np.minimum(NUMBERS, 1.0))
    np.testing.assert_array_equal(functions.maximum(NUMBERS, 1.0), np.maximum(NUMBERS, 1.0))
    assert functions.where(2 < 1, 3, 4) == 4
    for name in ("switch", "switch_cosine", "switch_tersoff"):
        expected = [evaluate_expression(f"{name}(r, 1, 2)", {"r": r}, "test") for r in NUMBERS]
        np.testing.assert_allclose(functions.BY_NAME[name](NUMBERS, 1, 2), expected, atol=1e-15)
        assert functions.BY_NAME[name](1.4, 1, 2) == pytest.approx(expected[3])
