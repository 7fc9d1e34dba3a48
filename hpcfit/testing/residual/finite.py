"""Promise: where predictions are the references, or near them, the residual is finite; perhaps zero."""

from __future__ import annotations

import numpy as np

from hpcfit.testing.conformance_error import ConformanceError
from hpcfit.testing.residual.case import Case
from hpcfit.testing.residual.vector import residual


def check_finite(case: Case, random: np.random.Generator) -> None:
    """Raises ConformanceError naming the first element that is NaN or infinite."""
    for size, what in ((0.0, "equal to"), (0.1, "near")):
        found = residual(case, case.near(random, size))
        faulty = np.flatnonzero(~np.isfinite(found))
        if len(faulty):
            i = int(faulty[0])
            raise ConformanceError(
                f"{case.where}: residual[{i}] is {found[i]} at a prediction {what} the reference."
            )


def check_zero(case: Case) -> None:
    """Raises ConformanceError naming the largest element that is not zero at the references."""
    found = residual(case, case.reference)
    i = int(np.argmax(np.abs(found))) if len(found) else 0
    if len(found) and found[i] != 0.0:
        raise ConformanceError(
            f"{case.where}: residual[{i}] is {found[i]:.6g}, not zero, where the prediction is the reference."
        )
