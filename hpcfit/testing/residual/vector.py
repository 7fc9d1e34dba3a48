"""Promise: a residual function returns a numpy vector of real numbers, of one length at every prediction."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.testing.conformance_error import ConformanceError
from hpcfit.testing.residual.case import Case

FloatArray = NDArray[np.float64]

#: how far predictions are from references
_SIZES = (0.0, 1e-3, 0.1, 10.0)


def check_vector(case: Case, random: np.random.Generator) -> None:
    """Call the function at predictions near and far.

    Raises:
        ConformanceError: another type, or a length that changes.
    """
    length: int | None = None
    for size in _SIZES:
        found = residual(case, case.near(random, size))
        if length is not None and len(found) != length:
            raise ConformanceError(
                f"{case.where}: it returned a vector of length {length} at one prediction and of length "
                f"{len(found)} at another; the length must not depend on the prediction."
            )
        length = len(found)


def residual(case: Case, prediction: FloatArray) -> FloatArray:
    """The residual (k,) at a prediction (m,).

    Raises:
        ConformanceError: what is returned is no vector of real numbers.
    """
    found = case.call(prediction)
    if not isinstance(found, np.ndarray) or found.ndim != 1 or found.dtype.kind not in "fiu":
        shown = (
            f"an array of shape {found.shape} and type {found.dtype}"
            if isinstance(found, np.ndarray)
            else f"{type(found).__name__} {found!r:.60}"
        )
        raise ConformanceError(f"{case.where}: it must return a numpy vector of real numbers, not {shown}.")
    return found.astype(np.float64)
