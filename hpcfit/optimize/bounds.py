"""Lower and upper bounds of parameters, and which of them hold a parameter in place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Bounds:
    """Arrays (p,); infinite where there is no bound."""

    lower: FloatArray
    upper: FloatArray

    @classmethod
    def of(cls, bounds: tuple[FloatArray, FloatArray] | None, theta: FloatArray) -> Bounds:
        """Bounds for parameters that start at `theta` (p,).

        Raises:
            ValueError: wrong shapes, or a start that is not inside.
        """
        if bounds is None:
            return cls(np.full(len(theta), -np.inf), np.full(len(theta), np.inf))
        lower, upper = (np.asarray(bound, dtype=np.float64) for bound in bounds)
        if lower.shape != theta.shape or upper.shape != theta.shape:
            raise ValueError(
                f"bounds: shapes {lower.shape} and {upper.shape} do not fit {len(theta)} parameters"
            )
        outside = np.flatnonzero(~((lower <= theta) & (theta <= upper)))
        if len(outside):
            k = int(outside[0])
            raise ValueError(f"bounds: parameter {k} starts at {theta[k]}, outside [{lower[k]}, {upper[k]}]")
        return cls(lower, upper)

    def clip(self, theta: FloatArray) -> FloatArray:
        """The nearest parameters inside."""
        return np.minimum(np.maximum(theta, self.lower), self.upper)

    def outside(self, theta: FloatArray) -> Mask:
        return (theta < self.lower) | (theta > self.upper)

    def at_bound(self, theta: FloatArray) -> Mask:
        return (theta <= self.lower) | (theta >= self.upper)

    def held(self, theta: FloatArray, gradient: FloatArray) -> Mask:
        """Parameters at a bound that the cost would like to push further out.

        Args:
            gradient: half the gradient of the cost, J^T r, shape (p,).
        """
        return ((theta <= self.lower) & (gradient >= 0.0)) | ((theta >= self.upper) & (gradient <= 0.0))
