"""Comparing what was found with what it should be, element by element, and saying where they differ most."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hpcfit.problem.extrapolated import directional_derivative

FloatArray = NDArray[np.float64]

#: a derivative found by differences counts as known when its error estimate is below this part of its scale
_KNOWN = 1e-3


def worst(found: FloatArray, expected: FloatArray, allowed: FloatArray | float) -> int | None:
    """The element at which `found` is farthest beyond what is allowed; None where all are within it."""
    excess = np.abs(found - expected) - allowed
    excess = np.where(np.isnan(excess), np.inf, excess)
    if not excess.size or not (excess > 0.0).any():
        return None
    return int(np.argmax(excess))


def difference(found: float, expected: float) -> str:
    """ "X instead of Y (they differ by Z)"."""
    return f"{found:.10g} instead of {expected:.10g} (they differ by {abs(found - expected):.2g})"


def derivative(
    function: Callable[[FloatArray], FloatArray], point: FloatArray, direction: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The derivative of `function` along `direction` by extrapolated differences, and its likely error.

    Unlike `directional_derivative`, steps may leave the range in which the function has a value.
    """
    with np.errstate(all="ignore"):
        return directional_derivative(function, point, direction)


def allowed_error(estimate: FloatArray, scale: float, tolerance: float) -> FloatArray:
    """How far a derivative may be from differences whose error is estimated: never so far that a check
    against useless differences would pass."""
    return tolerance * scale + np.minimum(10.0 * estimate, _KNOWN * scale)
