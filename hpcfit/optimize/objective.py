"""What an optimizer sees of a fit: a cost, its gradient, its linearization, its curvature along a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hpcfit.linalg import RFactor

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


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


@dataclass(frozen=True, eq=False)
class Gradient:
    """J^T r (p,) at some theta, which is half the gradient of the cost C = |r|^2 there, and C itself."""

    vector: FloatArray
    cost: float
    nonfinite: int

    @property
    def is_finite(self) -> bool:
        finite = bool(np.isfinite(self.cost)) and bool(np.isfinite(self.vector).all())
        return self.nonfinite == 0 and finite


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

    @property
    def n_chunks(self) -> int:
        """Into how many parts the residual is divided, of which `gradient` can take some."""
        return 1

    def gradient(self, theta: FloatArray, chunks: IntArray | None = None) -> Gradient:
        """J^T r and the cost of all residuals, or of those of some chunks.

        Args:
            chunks: numbers of the chunks, increasing; by default all.
        """
        return gradient_of(self.linearize(theta))


def gradient_of(linearization: Linearization) -> Gradient:
    """What a linearization says of the gradient."""
    return Gradient(linearization.rfactor.gradient, linearization.cost, linearization.nonfinite)


def gradient_at(objective: Objective, theta: FloatArray, chunks: IntArray | None = None) -> Gradient:
    """The gradient of an objective, also of one that only linearizes (its one chunk is all of it)."""
    own = getattr(objective, "gradient", None)
    if own is None:
        return gradient_of(objective.linearize(theta))
    found: Gradient = own(theta) if chunks is None else own(theta, chunks)
    return found


def chunks_of(objective: Objective) -> int:
    """How many chunks an objective has; one of those that know of none."""
    return int(getattr(objective, "n_chunks", 1)) if hasattr(objective, "gradient") else 1
