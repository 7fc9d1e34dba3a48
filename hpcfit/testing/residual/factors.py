"""What a ScaledDifference promises: as many finite factors as there are weights, always the same ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import Configuration
from hpcfit.residuals import ScaledDifference
from hpcfit.testing.configurations import changed_field, copied
from hpcfit.testing.conformance_error import ConformanceError
from hpcfit.testing.potential.wording import element


def check_factors(name: str, residual: ScaledDifference, configurations: Sequence[Configuration]) -> None:
    """Ask for the factors of all configurations, then again in the reverse order.

    Raises:
        ConformanceError: what is wrong, and for which configuration and row.
    """
    found = [(each, _checked(name, residual, each)) for each in configurations]
    for configuration, before in reversed(found):
        now = _checked(name, residual, configuration)
        rows = np.flatnonzero(now != before)
        if len(rows):
            row = int(rows[0])
            raise ConformanceError(
                f"{name}, configuration {configuration.identifier!r}: the factor of "
                f"{element(configuration, row)} is {now[row]:.10g} instead of {before[row]:.10g} when it is "
                "asked for again."
            )


def _checked(name: str, residual: ScaledDifference, configuration: Configuration) -> NDArray[np.float64]:
    where = f"{name}, configuration {configuration.identifier!r}"
    weights = np.linspace(0.5, 1.5, 7 + 3 * configuration.natoms)
    given, before = weights.copy(), copied(configuration)
    try:
        factors = residual.factors(given, configuration)
    except Exception as error:
        raise ConformanceError(
            f"{where}: factors(weights, configuration) raised {type(error).__name__}: {error}"
        ) from error
    if (
        not isinstance(factors, np.ndarray)
        or factors.shape != weights.shape
        or factors.dtype.kind not in "fiu"
    ):
        shape = getattr(factors, "shape", type(factors).__name__)
        raise ConformanceError(
            f"{where}: factors(weights, configuration) must return {len(weights)} real numbers, one for each "
            f"weight, not {shape}."
        )
    bad = np.flatnonzero(~np.isfinite(factors))
    if len(bad):
        row = int(bad[0])
        raise ConformanceError(f"{where}: the factor of {element(configuration, row)} is {factors[row]}.")
    field = changed_field(before, configuration)
    if field is not None or not np.array_equal(given, weights):
        what = "the weights" if field is None else f"the configuration's {field}"
        raise ConformanceError(f"{where}: factors(weights, configuration) changes {what}. Work on a copy.")
    return factors.copy()
