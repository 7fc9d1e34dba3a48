"""Promise: weights are the same whenever, and in whatever order, they are asked for."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import Configuration
from hpcfit.testing.conformance_error import ConformanceError
from hpcfit.testing.potential.wording import element
from hpcfit.weights import WeightScheme

FloatArray = NDArray[np.float64]


def check_again(
    name: str, scheme: WeightScheme, asked: Iterable[tuple[Configuration, FloatArray]], when: str
) -> None:
    """Ask again, and compare bits.

    Args:
        asked: configurations in the order in which to ask, with the factors found before.
        when: what is different now, as in "changes when WHEN".

    Raises:
        ConformanceError: naming the first row whose weight is another now.
    """
    for configuration, before in asked:
        now = scheme.weights(configuration).vector(configuration.natoms)
        rows = np.flatnonzero(now != before)
        if len(rows):
            row = int(rows[0])
            raise ConformanceError(
                f"{name}, configuration {configuration.identifier!r}: the weight of "
                f"{element(configuration, row)} changes when {when}: {now[row]:.10g} instead of "
                f"{before[row]:.10g}. Every rank asks for its own configurations only."
            )
