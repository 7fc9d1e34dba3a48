"""check_residual: sound residuals pass, and each promise can be broken in a way that is told."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from hpcfit.errors import DataError
from hpcfit.residuals import ScaledDifference, VectorResidual
from hpcfit.residuals.vector_residual import RowsFunction
from hpcfit.testing import ConformanceError, check_residual, sample_configurations
from hpcfit.testing.residual.case import cases
from hpcfit.testing.residual.repeatable import check_repeatable

FIRST = "crack, configuration 'small skewed cell' with energy: "
SQUARE = "return (prediction - reference)**2"


def written(*lines: str, jacobian: Any = None) -> Any:
    """A residual function whose body is given."""
    names: dict[str, Any] = {"np": np, "DataError": DataError, "calls": itertools.count()}
    head = "def crack(identifier, natoms, weight, prediction, reference, data):\n"
    exec(head + "".join(f"    {line}\n" for line in lines), names)
    if jacobian is not None:
        names["crack"].jacobian = jacobian
    return names["crack"]


def fault_of(*arguments: Any, **options: Any) -> str:
    with pytest.raises(ConformanceError) as caught:
        check_residual(*arguments, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        "return weight.vector * (prediction - reference)",
        "return weight.vector * (prediction - reference) / (abs(reference) + 0.1)",
        "return weight.vector * (prediction - reference)**3",
        "return np.array([np.sqrt(1.0 + prediction @ reference)**2, prediction.sum()])",
        "return abs(prediction - reference - 1e-3)",
    ],
)
def test_a_sound_function_passes(body):
    check_residual(written(body))


def test_a_sound_function_with_a_jacobian_passes():
    check_residual(
        written("return (prediction - reference)**2", jacobian=lambda i, n, w, p, r, d: 2 * (p - r))
    )
    square = written(
        "return np.array([prediction @ prediction])", jacobian=lambda i, n, w, p, r, d: 2 * p[None]
    )
    check_residual(square)


@pytest.mark.parametrize("name", ["energy-forces", "relative", "force-magnitude-direction"])
def test_residuals_pass_by_name(name):
    check_residual(name, zero=True)


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (
            ["return list(0.0 * prediction)"],
            "it must return a numpy vector of real numbers, not list [np.float64(-0.0)].",
        ),
        (
            ["return np.outer(prediction, prediction)"],
            "it must return a numpy vector of real numbers, not an array of shape (1, 1) and type float64.",
        ),
        (
            ["return prediction[prediction > reference - 1e-12]"],
            "it returned a vector of length 1 at one prediction and of length 0 at another; the length must "
            "not depend on the prediction.",
        ),
        (
            ["return (prediction - reference) / abs(prediction - reference)"],
            "residual[0] is nan at a prediction equal to the reference.",
        ),
        (
            ["return np.where(prediction == reference, 0.0, np.inf * prediction)"],
            "residual[0] is -inf at a prediction near the reference.",
        ),
        (
            ["reference += 1.0", "return prediction - reference"],
            "it changes its argument reference; only prediction may be changed. Work on a copy.",
        ),
        (
            ["weight.vector[0] = 3.0", "return prediction - reference"],
            "it changes its argument weight.vector; only prediction may be changed. Work on a copy.",
        ),
        (
            ["data['floor'] = 2.0", "return prediction - reference"],
            "it changes its argument data; only prediction may be changed. Work on a copy.",
        ),
        (["return 1 / 0"], "it raised ZeroDivisionError: division by zero"),
    ],
)
def test_what_a_function_does_wrong_is_told_with_configuration_and_targets(lines, fault):
    assert fault_of(written(*lines), {"floor": 1.0}) == FIRST + fault


def test_a_function_may_change_the_prediction_it_is_given():
    check_residual(written("prediction -= reference", "return weight.vector * prediction"))


def test_a_residual_that_does_not_vanish_is_told_where_it_should():
    check_residual(written("return 1.0 * prediction"))
    assert fault_of(written("return 1.0 * prediction"), zero=True) == (
        f"{FIRST}residual[0] is -9.16228, not zero, where the prediction is the reference."
    )


def test_a_residual_that_changes_from_call_to_call_is_told():
    expected = (
        "crack, configuration 'single atom' with energy, forces, stress: residual[0] is NUMBER instead of "
        "NUMBER when it is called again with the same arguments; it must depend on them alone."
    )
    told = fault_of(written("return prediction - reference + next(calls)"))
    assert re.sub(r"\d+\.\d+", "NUMBER", told) == expected


def test_a_length_that_changes_from_call_to_call_is_told():
    function = written("return np.zeros(2 + next(calls))")
    (case,) = cases(function, "crack", sample_configurations()[:1], [("energy",)], {})
    with pytest.raises(ConformanceError) as caught:
        check_repeatable([case], np.random.default_rng(0))
    assert str(caught.value) == f"{FIRST}called again, it returns 3 elements instead of 2."


def test_a_function_that_needs_forces_is_told_of_targets_without_them():
    function = written("assert len(prediction) > 3 * natoms, 'no forces'", "return prediction - reference")
    assert fault_of(function) == f"{FIRST}it raised AssertionError: no forces"
    check_residual(
        function, targets=[("energy", "forces")], configurations=sample_configurations()[:4], own=False
    )


def test_a_function_that_refuses_all_configurations_is_given_some():
    assert fault_of(written("raise DataError('no table')")) == (
        "crack: there is no configuration that it has residuals for; give some."
    )


@pytest.mark.parametrize(
    ("jacobian", "fault"),
    [
        (
            lambda i, n, w, p, r, d: 2.001 * (p - r),
            "the derivative of residual[0] by prediction[0] (the energy) that jacobian gives is 4.663089708 "
            "instead of 4.660759328 (they differ by 0.0023), found by differences.",
        ),
        (
            lambda i, n, w, p, r, d: np.zeros((2, 3)),
            "its jacobian returned shape (2, 3); it must be (1, 1), or (1,) for an elementwise function.",
        ),
        (lambda i, n, w, p, r, d: 1 / 0, "its jacobian raised ZeroDivisionError: division by zero"),
    ],
)
def test_a_wrong_jacobian_is_told(jacobian, fault):
    assert fault_of(written(SQUARE, jacobian=jacobian)).startswith(FIRST + fault)


def test_a_derivative_that_hpcfit_finds_wrongly_is_told(monkeypatch):
    from hpcfit.testing.residual import derivative

    class Wrong(derivative.FunctionResidual):
        def value_and_jacobian(self, prediction, columns):
            value, jacobian = super().value_and_jacobian(prediction, columns)
            return value, 1.01 * jacobian

    monkeypatch.setattr(derivative, "FunctionResidual", Wrong)
    told = fault_of(written(SQUARE))
    assert told.startswith(
        f"{FIRST}the derivative of residual[0] by prediction[0] (the energy) that hpcfit finds"
    )
    assert told.endswith("), found by differences.")


def factors(function: Any) -> Any:
    @dataclass(frozen=True)
    class Mine(ScaledDifference):
        def factors(self, weights, configuration):
            return function(weights, configuration)

    return Mine


def moved(weights, configuration):
    configuration.positions[0, 0] += 1.0
    return weights


CALLS = itertools.count(1)


@pytest.mark.parametrize(
    ("function", "fault"),
    [
        (
            lambda w, c: w[1:],
            "'small skewed cell': factors(weights, configuration) must return 13 real numbers, one for each "
            "weight, not (12,).",
        ),
        (lambda w, c: w * np.nan, "'small skewed cell': the factor of the energy is nan."),
        (
            lambda w, c: 1 / 0,
            "'small skewed cell': factors(weights, configuration) raised ZeroDivisionError: division by zero",
        ),
        (
            lambda w, c: w.__imul__(2.0),
            "'small skewed cell': factors(weights, configuration) changes the weights. Work on a copy.",
        ),
        (
            moved,
            "'small skewed cell': factors(weights, configuration) changes the configuration's positions. "
            "Work on a copy.",
        ),
        (
            lambda w, c: w * next(CALLS),
            "'single atom': the factor of the energy is 5 instead of 4.5 when it is asked for again.",
        ),
    ],
)
def test_wrong_factors_are_told(function, fault):
    assert fault_of(factors(function)) == f"Mine, configuration {fault}"


def test_sound_factors_pass():
    check_residual(factors(lambda w, c: w / c.natoms))


class Cubes(RowsFunction):
    """(prediction - reference)^3, with errors on demand."""

    def __init__(self, rows, slope=3.0, size=1.0, shift=0.0):
        self.source = np.flatnonzero(rows.present)
        self._reference = rows.reference[self.source]
        self._slope, self._size, self._shift = slope, size, shift

    def value(self, prediction):
        return self._size * (prediction[self.source] - self._reference) ** 3

    def linearized(self, columns):
        move = columns[-1, self.source] - self._reference
        made = self._slope * self._size * move**2 * columns[:, self.source]
        made[-1] = self.value(columns[-1]) + self._shift
        return made


def cubes(**errors: float) -> Any:
    @dataclass(frozen=True)
    class Mine(VectorResidual):
        def of_rows(self, rows):
            return Cubes(rows, **errors)

    return Mine


@pytest.mark.parametrize(
    ("errors", "fault"),
    [
        ({"slope": 3.01}, "the derivative of residual[0] by prediction row 0 is "),
        (
            {"size": np.inf},
            "value(prediction) must be 1 finite numbers, one for each of source; it has shape (1,)",
        ),
        ({"shift": 1.0}, "the last row of linearized(columns) is not value(prediction)."),
    ],
)
def test_a_wrong_residual_of_rows_is_told(errors, fault):
    check_residual(cubes())
    assert fault_of(cubes(**errors)).startswith(
        f"Mine, configuration 'small skewed cell' with energy: {fault}"
    )


@pytest.mark.parametrize(
    ("item", "fault"),
    [
        (3, "int: must be a function of (identifier, natoms, weight, prediction, reference, data)."),
        (len, "len: must be a function of (identifier, natoms, weight, prediction, reference, data)."),
    ],
)
def test_what_is_no_residual_is_told(item, fault):
    assert fault_of(item) == fault
