"""Every model of the catalogue: its derivatives, its guess, and what is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from plain_rows import graph_jacobian, plain_predictions

from hpcfit.formula.row_formula import RowFormula, guessed
from hpcfit.models import MODELS
from hpcfit.optimize.dense import DenseObjective
from hpcfit.optimize.geodesic_lm import minimize

VOLUMES = np.linspace(14.0, 19.0, 12)
CRYSTAL = {"E0": -3.7, "V0": 16.4, "B0": 0.47, "B1": 4.3}
TIMES = np.linspace(0.0, 8.0, 60)
LINE = np.linspace(-2.0, 3.0, 41)

#: name, options, values, input
CASES: list[tuple[str, dict[str, Any], Mapping[str, float], np.ndarray]] = [
    ("murnaghan", {}, CRYSTAL, VOLUMES),
    ("birch-murnaghan", {}, CRYSTAL, VOLUMES),
    ("vinet", {}, CRYSTAL, VOLUMES),
    ("poirier-tarantola", {}, CRYSTAL, VOLUMES),
    ("polynomial", {"degree": 0}, {"c0": 2.0}, LINE),
    ("polynomial", {"degree": 3}, {"c0": 2.0, "c1": -1.0, "c2": 0.5, "c3": 0.25}, LINE),
    (
        "rational",
        {"numerator": 2, "denominator": 2},
        {"a0": 1.0, "a1": 0.5, "a2": -0.2, "b1": 0.1, "b2": 0.3},
        LINE,
    ),
    ("exponential-decay", {}, {"A1": 2.0, "k1": 0.7}, TIMES + 1.0),
    (
        "exponential-decay",
        {"terms": 2, "constant": True},
        {"A1": 2.0, "k1": 3.0, "A2": 1.0, "k2": 0.5, "c": 0.2},
        TIMES,
    ),
    ("stretched-exponential", {}, {"A": 1.5, "tau": 1.2, "beta": 0.6, "c": 0.1}, TIMES),
    ("arrhenius", {}, {"A": 3e7, "Ea": 5.2e4}, np.linspace(290.0, 400.0, 12)),
    ("arrhenius", {"log": True}, {"lnA": 17.2, "Ea": 5.2e4}, np.linspace(290.0, 400.0, 12)),
    ("arrhenius", {"gas_constant": 8.617333262e-5}, {"A": 1e3, "Ea": 0.4}, np.linspace(500.0, 900.0, 9)),
    ("langmuir", {}, {"q1": 3.0, "K1": 0.8}, TIMES),
    ("langmuir", {"sites": 2}, {"q1": 3.0, "K1": 5.0, "q2": 2.0, "K2": 0.2}, TIMES),
    ("michaelis-menten", {}, {"vmax": 3.0, "Km": 1.5}, TIMES),
    ("dose-response", {}, {"bottom": 0.5, "top": 3.0, "half": 2.5, "n": 2.2}, TIMES),
    ("logistic", {}, {"low": -1.0, "high": 2.0, "middle": 0.6, "width": 0.4}, LINE),
    ("gaussian", {}, {"h1": 2.0, "m1": 0.5, "s1": 0.4}, LINE),
    (
        "gaussian",
        {"peaks": 2, "constant": True},
        {"h1": 2.0, "m1": 1.7, "s1": 0.4, "h2": 1.0, "m2": -0.8, "s2": 0.3, "c": 0.3},
        LINE,
    ),
    ("lorentzian", {"peaks": 1}, {"h1": -2.0, "m1": 0.5, "g1": 0.3}, LINE),
    ("power-law", {}, {"A": -2.0, "n": 1.7}, TIMES[1:]),
    ("sine", {}, {"A": 1.3, "f": 0.43, "phase": 0.7, "c": 0.4}, TIMES),
]
IDS = [f"{name}-{'-'.join(map(str, options.values()))}" for name, options, _, _ in CASES]


def model(name: str, options: dict[str, Any]) -> RowFormula:
    item = MODELS[name]
    form = item if isinstance(item, RowFormula) else item(**options)  # type: ignore[operator]
    assert isinstance(form, RowFormula)
    return form


def test_every_model_of_formulas_is_among_the_cases() -> None:
    assert {name for name, *_ in CASES} == set(MODELS) - {"mlp"}


@pytest.mark.parametrize(("name", "options", "values", "x"), CASES, ids=IDS)
def test_derivatives_are_those_of_central_differences(
    name: str, options: dict[str, Any], values: Mapping[str, float], x: np.ndarray
) -> None:
    form = model(name, options)
    found = graph_jacobian(form, values, x[None])
    for k, spec in enumerate(form.parameters):
        step = 1e-5 * (abs(values[spec.name]) or 1.0)
        moved = [{**values, spec.name: values[spec.name] + sign * step} for sign in (1.0, -1.0)]
        high, low = (plain_predictions(form, each, x[None]) for each in moved)
        expected = (high - low) / (2.0 * step)
        np.testing.assert_allclose(found[k], expected, rtol=1e-6, atol=1e-7 * np.abs(expected).max() + 1e-300)


@pytest.mark.parametrize(("name", "options", "values", "x"), CASES, ids=IDS)
def test_fit_from_the_guess_finds_the_values_that_made_the_data(
    name: str, options: dict[str, Any], values: Mapping[str, float], x: np.ndarray
) -> None:
    form = model(name, options)
    y = plain_predictions(form, values, x[None])
    guess = guessed(form, x[None], y)
    names = [spec.name for spec in form.parameters]
    assert set(guess) == set(names)
    scale = float(np.abs(y).max())

    def at(theta: np.ndarray) -> dict[str, float]:
        return dict(zip(names, theta.tolist(), strict=True))

    def residual(theta: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            return (plain_predictions(form, at(theta), x[None]) - y)[0] / scale

    def jacobian(theta: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            return graph_jacobian(form, at(theta), x[None])[:, 0].T / scale

    start = np.array([guess[each] for each in names])
    found = minimize(DenseObjective(residual, jacobian, len(names)), start)
    np.testing.assert_allclose(found.theta, [values[each] for each in names], rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("name", ["murnaghan", "birch-murnaghan", "vinet", "poirier-tarantola"])
def test_equations_of_state_are_those_of_ase(name: str) -> None:
    eos = pytest.importorskip("ase.eos")
    theirs = {"birch-murnaghan": "birchmurnaghan", "poirier-tarantola": "pouriertarantola"}.get(name, name)
    expected = getattr(eos, theirs)(VOLUMES, *(CRYSTAL[each] for each in ("E0", "B0", "B1", "V0")))
    found = plain_predictions(model(name, {}), CRYSTAL, VOLUMES[None])[0]
    np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_guess_of_a_polynomial_is_the_fit() -> None:
    y = 2.0 - LINE + 0.5 * LINE**2
    assert guessed(model("polynomial", {}), LINE[None], y[None]) == pytest.approx(
        {"c0": 2.0, "c1": -1.0, "c2": 0.5}, rel=1e-12
    )


@pytest.mark.parametrize("name", ["polynomial", "rational"])
def test_the_highest_degrees_are_formulas_that_can_be_read(name: str) -> None:
    options = {"degree": 30} if name == "polynomial" else {"numerator": 30, "denominator": 30}
    form = model(name, options)
    assert form.faults("model") == []
    x, values = np.linspace(-0.9, 0.9, 7), {spec.name: 1.0 for spec in form.parameters}
    expected = (1 - x**31) / (1 - x) if name == "polynomial" else np.ones(7)
    np.testing.assert_allclose(plain_predictions(form, values, x[None])[0], expected, rtol=1e-13)


def test_guesses_stay_within_what_makes_sense_and_lack_what_they_cannot_tell() -> None:
    falling = np.array([[1.0, 2.0, 3.0]])
    assert guessed(model("arrhenius", {}), falling, -falling) == {"A": 1.0, "Ea": 0.0}
    assert guessed(model("power-law", {}), -falling, falling) == {"A": 1.0, "n": 0.0}
    assert guessed(model("polynomial", {}), falling, np.full((1, 3), np.nan)) == {}


def test_groups_have_guesses_of_their_own() -> None:
    form = model("polynomial", {"degree": 1}).grouped(["c0"])
    x = np.array([[0.0, 1.0, 0.0, 1.0]])
    y = np.array([[1.0, 2.0, 5.0, 6.0]])
    started = form.started(x, y, np.array([0, 0, 1, 1], np.int32), ("a", "b"))
    of_groups = [started.default("c0", (label,), ("a", "b")) for label in ("a", "b")]
    assert of_groups == pytest.approx([1.0, 5.0])
    assert started.default("c1", (), ("a", "b")) == pytest.approx(1.0)


def test_very_many_groups_start_from_the_guess_of_all_rows() -> None:
    form = model("polynomial", {"degree": 1}).grouped(["c0"])
    x = np.tile([[0.0, 1.0]], 1001)
    group = np.repeat(np.arange(1001, dtype=np.int32), 2)
    labels = tuple(map(str, range(1001)))
    started = form.started(x, 3.0 + x, group, labels)
    assert started.default("c0", ("7",), labels) == pytest.approx(3.0)
    assert not started.materials


@pytest.mark.parametrize("name", sorted(MODELS))
def test_every_model_says_what_it_is_and_from_whom(name: str) -> None:
    options = {"layers": (2,)} if name == "mlp" else {}
    item = MODELS[name]
    form = item(**options) if callable(item) else item
    assert form.name == name
    assert form.summary
    assert form.source
    assert all(spec.description for spec in form.parameters)
