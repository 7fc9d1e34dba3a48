"""The losses rho(z) of z = (r/C)^2; a residual r adds C^2 rho(z) to the cost, which is r^2 near zero.

All but Tukey's are those of scipy.optimize.least_squares, with C its f_scale. Tukey's biweight (Beaton and
Tukey, Technometrics 16, 147 (1974)) is constant beyond C: such a residual has no influence at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hpcfit.linalg.compiled import compiled

LEAST_SQUARES = "least-squares"
#: the number of each loss in compiled code is its place here
LOSSES = (LEAST_SQUARES, "huber", "soft-l1", "cauchy", "arctan", "tukey")
#: those whose slope falls with the residual, so that the cost may have several minima
REDESCENDING = ("cauchy", "arctan", "tukey")
#: C, in standard deviations, with which Gaussian residuals lose 5 % of the information they have for least
#: squares: the asymptotic efficiency (E psi')^2 / E psi^2 is 0.95 (Huber, Robust Statistics, 1981, ch. 4)
TUNING: Mapping[str, float] = {
    "huber": 1.3449975,
    "soft-l1": 1.2870992,
    "cauchy": 2.3849471,
    "arctan": 2.5714006,
    "tukey": 4.6850649,
}
#: a Gaussian's standard deviation by its median absolute deviation
MAD = 1.4826022185056018


@dataclass(frozen=True)
class TargetLoss:
    """The loss of one target's residuals.

    Attributes:
        target: "energy", ..., the name of an output of a table, or "" for all residuals.
        scale: C, in the unit of the weighted residual; of no meaning for least squares.
        estimated: it came from the median absolute deviation of the residuals at the initial values.
    """

    target: str
    name: str = LEAST_SQUARES
    scale: float = 1.0
    estimated: bool = False

    @property
    def number(self) -> int:
        return LOSSES.index(self.name)


@compiled
def rho(kind: int, z: float) -> float:
    """rho(z)."""
    if kind == 1:
        return z if z <= 1.0 else 2.0 * float(np.sqrt(z)) - 1.0
    if kind == 2:
        return 2.0 * z / (float(np.sqrt(1.0 + z)) + 1.0)
    if kind == 3:
        return float(np.log1p(z))
    if kind == 4:
        return float(np.arctan(z))
    if kind == 5:
        return 1.0 / 3.0 if z >= 1.0 else z * (1.0 - z * (1.0 - z / 3.0))
    return z


@compiled
def slopes(kind: int, z: float) -> tuple[float, float]:
    """The first and second derivative of rho(z) by z."""
    if kind == 1:
        if z <= 1.0:
            return 1.0, 0.0
        slope = 1.0 / np.sqrt(z)
        return slope, -0.5 * slope * slope * slope
    if kind == 2:
        slope = 1.0 / np.sqrt(1.0 + z)
        return slope, -0.5 * slope * slope * slope
    if kind == 3:
        slope = 1.0 / (1.0 + z)
        return slope, -slope * slope
    if kind == 4:
        slope = 1.0 / (1.0 + z * z)
        return slope, -2.0 * z * slope * slope
    if kind == 5:
        rest = 0.0 if z >= 1.0 else 1.0 - z
        return rest * rest, -2.0 * rest
    return 1.0, 0.0
