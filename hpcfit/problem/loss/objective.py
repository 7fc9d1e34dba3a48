"""An objective with robust losses as optimizers of least squares want to see it.

Of the scaled residual only J^T r matters, which is half the gradient of the cost; its norm means nothing. So
that a predicted saving, the relative offset and the error of a residual are measured by what is minimized,
the triangle is given the remaining norm with which |r|^2 is the cost.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hpcfit.linalg import RFactor
from hpcfit.optimize.objective import Cost, Gradient, Linearization, Objective, chunks_of, gradient_at

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class LossObjective:
    """The same objective, whose triangles have columns r of norm sqrt(cost).

    Far from the minimum |Q^T r|^2 may be above the cost; nothing remains then.
    """

    def __init__(self, data: Objective) -> None:
        self._data = data

    @property
    def n_parameters(self) -> int:
        return self._data.n_parameters

    def linearize(self, theta: FloatArray) -> Linearization:
        found = self._data.linearize(theta)
        triangle = found.rfactor.triangle.copy()
        reached = float(triangle[:-1, -1] @ triangle[:-1, -1])
        if np.isfinite(triangle[-1, -1]):
            triangle[-1, -1] = np.sqrt(max(found.cost - reached, 0.0))
        return replace(found, rfactor=RFactor(triangle, found.rfactor.rows))

    def cost(self, theta: FloatArray) -> Cost:
        return self._data.cost(theta)

    @property
    def n_chunks(self) -> int:
        return chunks_of(self._data)

    def gradient(self, theta: FloatArray, chunks: IntArray | None = None) -> Gradient:
        return gradient_at(self._data, theta, chunks)

    def curvature(self, theta: FloatArray, velocity: FloatArray, h: float) -> FloatArray:
        return self._data.curvature(theta, velocity, h)
