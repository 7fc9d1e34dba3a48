"""Promise: weights are finite and not negative, and not all of a configuration vanish."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import Configuration
from hpcfit.testing.conformance_error import ConformanceError
from hpcfit.testing.potential.wording import element


def check_values(name: str, configuration: Configuration, factors: NDArray[np.float64]) -> None:
    """Look at all factors of a configuration, shape (7 + 3 natoms,).

    Raises:
        ConformanceError: naming the first row whose weight cannot be used.
    """
    where = f"{name}, configuration {configuration.identifier!r}"
    for faulty, what in (
        (~np.isfinite(factors), "which is not finite"),
        (factors < 0.0, "which is negative"),
    ):
        rows = np.flatnonzero(faulty)
        if len(rows):
            row = int(rows[0])
            raise ConformanceError(
                f"{where}: the weight of {element(configuration, row)} is {factors[row]:g}, {what}."
            )
    if not factors.any():
        raise ConformanceError(f"{where}: all of its {len(factors)} weights are zero.")
