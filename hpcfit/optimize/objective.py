"""What an optimizer sees of a fit: a cost, its linearization, and its curvature along a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hpcfit.linalg import RFactor

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Cost:
    """C = |r|^2 at some theta, and how many residuals there are not finite."""

    value: float
    nonfinite: int

    @property
    def is_finite(self) -> bool:
        return self.nonfinite == 0 and bool(np.isfinite(self.value))


@dataclass(frozen=True, eq=False)
class Linearization:
    """The triangle of [J | r] at some theta, with the cost C = |r|^2 there."""

    rfactor: RFactor
    cost: float
    nonfinite: int

    @property
    def is_finite(self) -> bool:
        return self.nonfinite == 0 and bool(np.isfinite(self.cost)) and self.rfactor.is_finite


class Objective(Protocol):
    """Residuals r (m,) of parameters theta (p,), of which only sums over rows are ever given out.

    Nothing is raised for a theta at which the residual does not exist: it is counted as not finite.
    """

    @property
    def n_parameters(self) -> int: ...

    def linearize(self, theta: FloatArray) -> Linearization:
        """Residual and Jacobian, as a triangle."""

    def cost(self, theta: FloatArray) -> Cost:
        """The residual alone."""

    def curvature(self, theta: FloatArray, velocity: FloatArray, h: float) -> FloatArray:
        """J^T r_vv (p,), with r_vv the second derivative of r along `velocity` (p,) by the step h.

        `theta` is one that was linearized before, usually by the last call of `linearize`, so that
        what was kept of the Jacobian there can be used. NaN where r is not finite.
        """
