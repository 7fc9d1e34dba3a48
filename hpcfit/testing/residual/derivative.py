"""Promise: the derivative that the fit uses, found or given as `jacobian`, is that of the function."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import PluginError
from hpcfit.problem.function_residual import FunctionResidual
from hpcfit.testing.compare import allowed_error, derivative, difference, worst
from hpcfit.testing.conformance_error import ConformanceError
from hpcfit.testing.residual.case import Case
from hpcfit.testing.residual.vector import residual

FloatArray = NDArray[np.float64]


def check_derivative(case: Case, random: np.random.Generator, tolerance: float) -> None:
    """Compare with extrapolated differences, column by column, at a prediction not far from the reference.

    Raises:
        ConformanceError: naming the element of the residual and that of the prediction.
    """
    prediction = case.near(random, 0.3)
    table, error = _by_differences(case, prediction)
    if getattr(case.function, "jacobian", None) is not None:
        _compare(case, _given(case, prediction, table.shape), table, error, tolerance, "jacobian gives")
    _compare(case, _found(case, prediction), table, error, tolerance, "hpcfit finds")


def _by_differences(case: Case, prediction: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Derivatives and their likely errors, each of shape (k, m)."""
    columns = [
        derivative(lambda x: residual(case, x), prediction, direction)
        for direction in np.eye(len(prediction))
    ]
    return np.stack([each for each, _ in columns], axis=1), np.stack([each for _, each in columns], axis=1)


def _found(case: Case, prediction: FloatArray) -> FloatArray:
    configuration = case.configuration
    try:
        made = FunctionResidual(
            case.function,
            case.name,
            configuration.identifier,
            configuration.natoms,
            case.weight,
            case.reference.copy(),
            case.data,
        )
        return made.value_and_jacobian(prediction, np.eye(len(prediction)))[1]
    except PluginError as error:
        raise ConformanceError(str(error)) from error


def _given(case: Case, prediction: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    function = case.function.jacobian
    arguments = case.configuration.identifier, case.configuration.natoms, case.weight
    try:
        found = function(*arguments, prediction.copy(), case.reference.copy(), case.data)
    except Exception as error:
        raise ConformanceError(
            f"{case.where}: its jacobian raised {type(error).__name__}: {error}"
        ) from error
    array = np.asarray(found)
    if array.shape == shape and array.dtype.kind in "fiu":
        return array.astype(np.float64)
    if array.shape == shape[:1] and shape[0] == shape[1]:
        return np.diag(array.astype(np.float64))
    raise ConformanceError(
        f"{case.where}: its jacobian returned shape {array.shape}; it must be {shape}, or {shape[:1]} for an "
        "elementwise function."
    )


def _compare(
    case: Case, found: FloatArray, table: FloatArray, error: FloatArray, tolerance: float, who: str
) -> None:
    known = np.isfinite(table) & np.isfinite(error)
    scale = float(np.abs(table[known]).max(initial=tolerance))
    allowed = np.where(known, allowed_error(np.where(known, error, 0.0), scale, tolerance), np.inf)
    place = worst(found.ravel(), np.where(known, table, found).ravel(), allowed.ravel())
    if place is not None:
        i, j = divmod(place, found.shape[1])
        raise ConformanceError(
            f"{case.where}: the derivative of residual[{i}] by prediction[{j}] ({case.element(j)}) that "
            f"{who} is {difference(found[i, j], table[i, j])}, found by differences."
        )
