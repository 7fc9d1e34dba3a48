"""What is sampled: exp(-L/T), with the loss L that the fit has minimized, within the bounds of the job.

L has the priors, the ridge and robust losses of the job in it, so that the most likely parameters are those
of the fit at any temperature. Parameters with a transform are sampled as they are fitted: the logarithm of
one with transform = "log" is flat where the data say nothing.

At T = 1, residuals are taken for errors in units of their standard deviations. At T = s^2, the variance of
the residuals, the chain of a linear model has the covariance that the fit reports. T = 2 C0/p, with C0 the
loss at the minimum, is for sloppy models, whose errors are those of the model and not of the data:
Frederiksen et al., Phys. Rev. Lett. 93, 165501 (2004).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpcfit.optimize.bounds import Bounds
from hpcfit.optimize.objective import Objective

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Posterior:
    """The logarithm of the probability, but for a constant; minus infinity out of bounds."""

    objective: Objective
    bounds: Bounds
    temperature: float

    def __call__(self, thetas: FloatArray) -> FloatArray:
        """Of several theta (n, p), shape (n,)."""
        return np.array([self._one(theta) for theta in thetas])

    def _one(self, theta: FloatArray) -> float:
        if self.bounds.outside(theta).any():
            return -np.inf
        # One evaluation is one broadcast to all ranks, and one sum of fixed order.
        cost = self.objective.cost(np.ascontiguousarray(theta))
        if cost.nonfinite or not np.isfinite(cost.value):
            return -np.inf
        return -0.5 * cost.value / self.temperature
