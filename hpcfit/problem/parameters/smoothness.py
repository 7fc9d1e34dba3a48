"""Smoothness of splines: residuals that keep neighbouring coefficients alike where the data say little.

They are differences of second order of the coefficients times a factor, as in the P-splines of Eilers and
Marx, Statist. Sci. 11, 89 (1996), equation 5: a straight line costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpcfit.formula.keys import key_text
from hpcfit.formula.spline_calls import coefficient_name
from hpcfit.formula.spline_shape import SplineShape
from hpcfit.formula.spline_values import SplineValues
from hpcfit.problem.parameters.given import Key

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Smoothness:
    """Residuals that are sums of values of parameters times numbers.

    Attributes:
        label: of the spline.
        positions: of the parameters, (n,).
        rows: their factors in each residual, shape (k, n).
    """

    label: str
    positions: tuple[int, ...]
    rows: FloatArray

    def residual(self, numbers: FloatArray) -> FloatArray:
        """The residuals (k,) where the parameters have the values `numbers`."""
        return np.asarray(self.rows @ numbers[list(self.positions)])

    def jacobian(self, slopes: FloatArray) -> FloatArray:
        """Their derivative by theta, shape (k, p), given that of every parameter (parameters, p)."""
        return np.asarray(self.rows @ slopes[list(self.positions)])


def smoothness_of(
    splines: Mapping[str, SplineShape],
    factors: Mapping[tuple[Key, str], float],
    positions: Mapping[tuple[Key, str], int],
) -> list[Smoothness]:
    """What a user wants to be smooth in one potential.

    Args:
        factors: by key and name of the spline; the key () speaks of every key that has parameters of its own.
        positions: of the parameters of the potential, by key and name.
    """
    found = []
    for (key, name), factor in factors.items():
        shape = splines[name]
        names = [coefficient_name(name, k) for k in range(shape.n_parameters)]
        rows = factor * SplineValues(shape).second_differences
        keys = [own for own, first in positions if first == names[0]]
        for own in [key] if key in keys else keys:
            label = f"{key_text(own)}.{name}" if own else name
            found.append(Smoothness(label, tuple(positions[own, each] for each in names), rows))
    return found
