"""What a VectorResidual promises: a finite value of one length, and its exact derivative."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import Configuration
from hpcfit.errors import HpcfitError
from hpcfit.residuals import VectorResidual
from hpcfit.residuals.vector_residual import PredictionRows, RowsFunction
from hpcfit.testing.compare import allowed_error, derivative, difference, worst
from hpcfit.testing.conformance_error import ConformanceError
from hpcfit.testing.residual.case import Case, cases

FloatArray = NDArray[np.float64]


def check_rows(
    name: str,
    residual: VectorResidual,
    configurations: Sequence[Configuration],
    targets: Sequence[Sequence[str]],
    random: np.random.Generator,
    tolerance: float,
) -> None:
    """Each configuration, and each choice of targets, by itself.

    Raises:
        ConformanceError: what is wrong, where and by how much.
    """
    some = False
    for case in cases(None, name, configurations, targets, {}):
        for function in _of_rows(case, residual):
            some = True
            _check(case, function, random, tolerance)
    if not some:
        raise ConformanceError(f"{name}: there is no configuration that it has residuals for; give some.")


def _of_rows(case: Case, residual: VectorResidual) -> Iterator[RowsFunction]:
    """The function of the rows; nothing where the residual refuses it with an error for users."""
    natoms, has_stress = case.configuration.natoms, "stress" in case.targets
    size = 1 + 3 * natoms + (6 if has_stress else 0)
    reference, weight = np.full(size, np.nan), np.ones(size)
    reference[case.rows], weight[case.rows] = case.reference, case.weight.vector
    rows = PredictionRows(
        (case.configuration.identifier,),
        np.array([0, size]),
        np.array([natoms]),
        np.array([case.configuration.volume]),
        reference,
        weight,
    )
    try:
        yield residual.of_rows(rows)
    except HpcfitError:
        return
    except Exception as error:
        raise ConformanceError(f"{case.where}: of_rows raised {type(error).__name__}: {error}") from error


def _check(case: Case, function: RowsFunction, random: np.random.Generator, tolerance: float) -> None:
    m = 1 + 3 * case.configuration.natoms + (6 if "stress" in case.targets else 0)
    prediction = random.normal(size=m)
    prediction[case.rows] = case.near(random, 0.3)
    value = function.value(prediction.copy())
    if value.shape != (len(function.source),) or not np.isfinite(value).all():
        raise ConformanceError(
            f"{case.where}: value(prediction) must be {len(function.source)} finite numbers, one for each of "
            f"source; it has shape {value.shape}, and {np.count_nonzero(~np.isfinite(value))} are not finite."
        )
    found = function.linearized(np.vstack([np.eye(m), prediction]))
    if not np.array_equal(found[-1], value):
        raise ConformanceError(f"{case.where}: the last row of linearized(columns) is not value(prediction).")
    for j in range(m):
        slope, error = derivative(function.value, prediction, np.eye(1, m, j)[0])
        scale = float(max(np.abs(slope).max(initial=0.0), tolerance))
        i = worst(found[j], slope, allowed_error(error, scale, tolerance))
        if i is not None:
            raise ConformanceError(
                f"{case.where}: the derivative of residual[{i}] by prediction row {j} is "
                f"{difference(found[j, i], slope[i])}, found by differences."
            )
