"""The cost as SciPy's methods see it: of order one, of parameters of order one, and finite everywhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.optimize.scipy_bridge.search import Search

FloatArray = NDArray[np.float64]

#: stands for a cost that is not finite, in units of the best one
WALL = 1e10


class ScaledCost:
    """C/C_0 and its derivatives as functions of z, where theta = origin + size z.

    Where the residual is not finite there is a wall instead: high, and rising away from the best point, so
    that line searches turn back.

    Args:
        size: shape (p,).
        linearized: take the gradient from the linearization, which `product` needs as well.
        origin: shape (p,); by default zero.
    """

    def __init__(
        self, search: Search, size: FloatArray, linearized: bool = False, origin: FloatArray | None = None
    ) -> None:
        self._search, self._size, self._linearized = search, size, linearized
        self._origin = np.zeros(len(size)) if origin is None else origin
        self._unit = search.cost or 1.0

    @property
    def n_parameters(self) -> int:
        return len(self._size)

    def theta(self, z: FloatArray) -> FloatArray:
        """The parameters (p,), within their bounds."""
        return self._search.bounds.clip(self._origin + np.asarray(z, dtype=np.float64) * self._size)

    def value(self, z: FloatArray) -> float:
        """The cost."""
        found = self._search.value(self.theta(z)) / self._unit
        return found if np.isfinite(found) else self._wall(z)[0]

    def with_gradient(self, z: FloatArray) -> tuple[float, FloatArray]:
        """The cost and its gradient (p,)."""
        theta = self.theta(z)
        if self._linearized:
            linearization = self._search.linearize(theta)
            if linearization is not None:
                half = linearization.rfactor.gradient
                return linearization.cost / self._unit, 2.0 * half * self._size / self._unit
            return self._wall(z)
        found = self._search.gradient(theta)
        if found is None:
            return self._wall(z)
        return found.cost / self._unit, 2.0 * found.vector * self._size / self._unit

    def slope(self, z: FloatArray) -> FloatArray:
        """The gradient alone (p,)."""
        return self.with_gradient(z)[1]

    def product(self, z: FloatArray, direction: FloatArray) -> FloatArray:
        """2 J^T J times a direction (p,): the Hessian as Gauss and Newton have it."""
        linearization = self._search.linearize(self.theta(z))
        if linearization is None:
            return np.array(direction, dtype=np.float64)
        r = linearization.rfactor.r
        found: FloatArray = 2.0 * self._size * (r.T @ (r @ (self._size * direction))) / self._unit
        return found

    def iterated(self, *_: object, **__: object) -> None:
        """What SciPy calls after each of its iterations, with what differs from method to method."""
        self._search.iteration()

    def _wall(self, z: FloatArray) -> tuple[float, FloatArray]:
        away = np.asarray(z) - (self._search.theta - self._origin) / self._size
        square = float(away @ away)
        slope = 2.0 * WALL * away / square if square > 0.0 else np.zeros(len(away))
        return WALL, slope
