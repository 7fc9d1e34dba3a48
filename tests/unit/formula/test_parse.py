"""Formulas are read as arithmetic and nothing else."""

from __future__ import annotations

import ast
import contextlib
import math
import subprocess
import sys

import pytest
import sympy
from hostile_formulas import REFUSED
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy_formula import parse_expression, symbol

from hpcfit.errors import KernelError
from hpcfit.formula import allowed
from hpcfit.formula.check import check_expression, evaluate_expression, names_in
from hpcfit.units import COULOMB_CONSTANT

NAMES = ("r", "A", "D", "sigma", "epsilon", "lambda", "rc", "q")
WHERE = "potential[0].pair"


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_not_arithmetic_is_refused_with_a_message_that_says_where(text: str) -> None:
    with pytest.raises(KernelError) as refusal:
        parse_expression(text, NAMES, WHERE)
    assert str(refusal.value).startswith(f"{WHERE}: ")
    with pytest.raises(KernelError):
        check_expression(text, NAMES, WHERE)


def test_refused_strings_are_many() -> None:
    assert len(set(REFUSED)) >= 40


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "D*lnn(r)",
            'potential[0].pair: unknown function lnn in "D*lnn(r)" (column 3). Known: abs, acos, asin, atan, '
            "bspline, cos, cosh, erf, erfc, exp, log, max, min, sin, sinh, sqrt, switch, switch_cosine, "
            "switch_tersoff, tan, tanh, where",
        ),
        (
            "D*ln(r)",
            'potential[0].pair: unknown function ln in "D*ln(r)" (column 3). Did you mean log? Known: abs, '
            "acos, asin, atan, bspline, cos, cosh, erf, erfc, exp, log, max, min, sin, sinh, sqrt, switch, "
            "switch_cosine, switch_tersoff, tan, tanh, where",
        ),
        ("r^2", 'potential[0].pair: unexpected character ^ in "r^2" (column 2). For a power write **'),
        (
            "4*epsilo",
            'potential[0].pair: unknown name epsilo in "4*epsilo" (column 3). Did you mean epsilon?',
        ),
        (
            "zz*r",
            'potential[0].pair: unknown name zz in "zz*r" (column 1). '
            "Known: A, D, epsilon, lambda, q, r, rc, sigma",
        ),
        (
            "exp*r",
            'potential[0].pair: exp without arguments in "exp*r" (column 1). '
            "It is a function: write exp(...)",
        ),
        (
            "2(r)",
            'potential[0].pair: brackets directly after a value in "2(r)" (column 1). '
            "Write * between them to multiply",
        ),
        (
            "A*(r",
            'potential[0].pair: cannot read the expression in "A*(r" (column 3). '
            "Look for a missing operator or bracket there",
        ),
        (
            "r if r < rc else A",
            'potential[0].pair: if cannot be used in "r if r < rc else A" (column 3). '
            "Write where(condition, a, b)",
        ),
        ("r**1001", 'potential[0].pair: an exponent above 1000 in "r**1001" (column 4).'),
        (
            "D//r",
            'potential[0].pair: operator // is not allowed in "D//r" (column 2). To divide write /; there is '
            "no rounding, which has no derivative",
        ),
        (
            "(D) << 1",
            'potential[0].pair: operator << is not allowed in "(D) << 1" (column 5). Use + - * / **',
        ),
        (
            "D.real",
            'potential[0].pair: a dot after a name or bracket is not allowed in "D.real" (column 1). Names '
            "are letters, digits and _, and * multiplies",
        ),
        (
            "0,5*r",
            'potential[0].pair: a list of values is not one number in "0,5*r" (column 1). Write decimals '
            "with a point, as in 0.5",
        ),
        (
            "D*True",
            'potential[0].pair: unknown name True in "D*True" (column 3). There are no truth values: write 1 '
            "or 0, or where(condition, a, b)",
        ),
        (
            "D*None",
            'potential[0].pair: unknown name None in "D*None" (column 3). There is no empty value: write 0, '
            "or leave the part out",
        ),
        (
            "D*nan + inf",
            'potential[0].pair: unknown name nan in "D*nan + inf" (column 3). Formulas have finite numbers '
            "only: write one such as 1e6, or leave the part out",
        ),
        ("e**-r", 'potential[0].pair: unknown name e in "e**-r" (column 1). For e**x write exp(x)'),
        ("r/0", 'potential[0].pair: division by zero in "r/0" (column 3).'),
        (
            "\u03bd*r",
            'potential[0].pair: unexpected character U+03BD in "\u03bd*r" (column 1). '
            "Formulas use plain letters, digits, + - * / ** ( ) , . < > =",
        ),
        ("", 'potential[0].pair: no formula in "". Write an expression such as A*exp(-r/rho)'),
    ],
)
def test_messages_name_the_fault_its_column_and_the_remedy(text: str, message: str) -> None:
    with pytest.raises(KernelError) as refusal:
        parse_expression(text, NAMES, WHERE)
    assert str(refusal.value) == message


@pytest.mark.parametrize("text", REFUSED)
def test_no_message_speaks_of_the_classes_of_pythons_parser(text: str) -> None:
    with pytest.raises(KernelError) as refusal:
        check_expression(text, NAMES, WHERE)
    sentence = str(refusal.value).replace(text, "").split()
    classes = {name for name in dir(ast) if name[0].isupper() and len(name) > 3 and name != "Known"}
    assert classes.isdisjoint(word.strip('"().,:;') for word in sentence)


def test_five_thousand_terms_are_refused_before_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(ast, "parse")
    with pytest.raises(KernelError, match="10001 characters, more than the 5000 allowed"):
        parse_expression("r+" * 5000 + "r", NAMES, WHERE)


def test_a_long_sum_is_not_deep_nesting() -> None:
    text = "+".join(["A"] * 900)
    assert parse_expression(text, NAMES, WHERE) == 900 * sympy.Symbol("A", real=True)
    assert evaluate_expression(text, {"A": 2.0}, WHERE) == 1800.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4*epsilon*((sigma/r)**12 - (sigma/r)**6)", "4*epsilon*((sigma/r)**12 - (sigma/r)**6)"),
        ("  lambda*r  \n + A", "lam*r + A"),
        ("r**-2.0", "1/r**2"),
        ("r**0.5", "sqrt(r)"),
        ("-r**2", "-(r**2)"),
        ("+-+r", "-r"),
        ("2**-3*A", "A/8"),
        ("A-D-q", "A - D - q"),
        ("A/D*q", "A*q/D"),
        ("where(A > D, A, D)", "Piecewise((A, A > D), (D, True))"),
        ("where(A == 0, 1, 2)", "Piecewise((1, Eq(A, 0)), (2, True))"),
        ("max(A, D)", "Piecewise((A, A >= D), (D, True))"),
        ("abs(A)", "Piecewise((A, A >= 0), (-A, True))"),
    ],
)
def test_arithmetic_becomes_the_expected_expression(text: str, expected: str) -> None:
    symbols = {name: sympy.Symbol(name, real=True) for name in ("A", "D", "q", "sigma", "epsilon")}
    symbols |= {"r": sympy.Symbol("r", positive=True), "lam": sympy.Symbol("lambda", real=True)}
    assert sympy.simplify(parse_expression(text, NAMES, WHERE) - sympy.sympify(expected, locals=symbols)) == 0


def test_names_may_stand_for_expressions() -> None:
    x = sympy.Symbol("x", positive=True)
    assert parse_expression("sqrt(a*b)", {"a": x, "b": x}, WHERE) == x


@pytest.mark.parametrize("text", ["abs(A)", "sqrt(A**2)", "min(A, D, q)", "max(A, min(D, q))"])
def test_second_derivatives_are_functions_not_distributions(text: str) -> None:
    expression = parse_expression(text, NAMES, WHERE)
    second = expression.diff(sympy.Symbol("A", real=True), 2)
    assert not second.has(sympy.DiracDelta, sympy.Heaviside, sympy.Derivative)


def test_constants_have_their_values() -> None:
    assert float(parse_expression("coulomb_constant", (), WHERE)) == COULOMB_CONSTANT
    assert float(parse_expression("2*pi", (), WHERE)) == 2 * math.pi
    assert names_in("coulomb_constant*q1*q2*erfc(alpha*r)/r + pi") == {"q1", "q2", "alpha", "r"}


def test_keywords_of_python_can_name_parameters() -> None:
    assert names_in("lambda*in + is*exp(-as)") == {"lambda", "in", "is", "as"}
    assert evaluate_expression("lambda**2 + 1", {"lambda": 3.0}, WHERE) == 10.0


def test_reading_and_checking_need_no_sympy() -> None:
    script = (
        "import sys; from hpcfit.formula.check import check_expression; "
        "check_expression('A*exp(-r)', ['A', 'r'], 'x'); assert 'sympy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def _value(text: str, values: dict[str, float]) -> float:
    numbers = {symbol(name): value for name, value in values.items()}
    return float(parse_expression(text, tuple(values), WHERE).subs(numbers))


_leaf = st.sampled_from(["A", "D", "q", "0.5", "2", "3.25", "pi"])
_expressions = st.recursive(
    _leaf,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*"), inner).map("({0[0]} {0[1]} {0[2]})".format),
        st.tuples(st.sampled_from(["sin", "cos", "tanh", "atan", "erf", "abs"]), inner).map(
            "{0[0]}({0[1]})".format
        ),
        st.tuples(inner, inner, inner).map("where({0[0]} < {0[1]}, {0[2]}, -{0[0]})".format),
        st.tuples(inner, inner).map("min({0[0]}, {0[1]})".format),
        inner.map("{0}**2".format),
    ),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(_expressions, st.lists(st.floats(-2, 2), min_size=3, max_size=3))
def test_the_sympy_expression_has_the_value_of_the_text(text: str, numbers: list[float]) -> None:
    values = dict(zip(("A", "D", "q"), numbers, strict=True))
    direct = evaluate_expression(text, values, WHERE)
    assert _value(text, values) == pytest.approx(direct, rel=1e-9, abs=1e-9)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(alphabet="rAq0123.eE+-*/()<>=,_ whereexpmin\n^'[]:", max_size=40))
def test_any_text_is_either_read_or_refused_with_a_kernel_error(text: str) -> None:
    with contextlib.suppress(KernelError):
        check_expression(text, NAMES, WHERE)


def test_every_function_is_known_to_all_three_readers() -> None:
    for name, (fewest, _) in allowed.FUNCTIONS.items():
        if name in allowed.WITH_KEYWORDS:  # splines have coefficients instead of a value
            continue
        arguments = "A < D, A, D" if name == "where" else ", ".join(["A", "D", "q"][:fewest])
        text = f"{name}({arguments})"
        values = {"A": 0.3, "D": 0.2, "q": 0.5}
        expected = evaluate_expression(text, values, WHERE)
        assert _value(text, values) == pytest.approx(expected, rel=1e-12)
