"""Splines as numbers: coefficients from parameters, polynomials, values, and fits to functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hpcfit.formula.spline_shape import SplineShape

FloatArray = NDArray[np.float64]

#: points of each interval at which a spline is fitted to a function
_POINTS = 8
#: (c_k, ..., c_k+3) to the coefficients of 1, t, t**2, t**3 in the interval k
_CUBIC = (
    np.array([[1.0, 4.0, 1.0, 0.0], [-3.0, 0.0, 3.0, 0.0], [3.0, -6.0, 3.0, 0.0], [-1.0, 3.0, -3.0, 1.0]])
    / 6.0
)


@dataclass(frozen=True)
class SplineValues:
    """The splines of one shape; parameters are arrays of shape (n,)."""

    shape: SplineShape

    @cached_property
    def matrix(self) -> FloatArray:
        """What makes all B-spline coefficients (knots + 2,) of the parameters (n,)."""
        shape, n = self.shape, self.shape.n_parameters
        inner = np.eye(n)
        if shape.monotonic and shape.ends_at_zero:  # steps down to the zero at the end
            inner = -shape.monotonic * np.triu(np.ones((n, n)))
        elif shape.monotonic:  # a level, and steps up from it
            inner = shape.monotonic * np.tril(np.ones((n, n)))
            inner[:, 0] = 1.0
        full = np.zeros((shape.knots + 2, n))
        full[1 : n + 1] = inner
        full[0] = 2.0 * full[1] - full[2]
        if not shape.ends_at_zero:
            full[-1] = 2.0 * full[-2] - full[-3]
        return full

    @cached_property
    def second_differences(self) -> FloatArray:
        """c_k-1 - 2 c_k + c_k+1 wherever it is not zero by itself, as sums of parameters, shape (any, n)."""
        rows = np.diff(self.matrix, n=2, axis=0)
        return np.asarray(rows[np.abs(rows).max(axis=1) > 1e-12])

    def polynomials(self, parameters: FloatArray) -> FloatArray:
        """Coefficients of 1, t, t**2, t**3 for the line below `low`, the intervals, the line above `high`.

        With h the distance of knots, t = (x - low)/h + 1 - i in row i, i = 0 .. knots. Shape (knots + 1, 4).
        """
        full = self.matrix @ parameters
        rows = np.zeros((self.shape.knots + 1, 4))
        rows[1:-1] = (
            np.stack([full[k : k - 3 or None][: self.shape.knots - 1] for k in range(4)], axis=1) @ _CUBIC.T
        )
        rows[0, :2] = 2.0 * full[1] - full[2], full[2] - full[1]
        rows[-1, :2] = full[-2], full[-2] - full[-3]
        return rows

    def __call__(self, parameters: FloatArray, x: FloatArray, order: int = 0) -> FloatArray:
        """The spline, or its derivative of some order, at `x` (any shape)."""
        shape = self.shape
        u = (np.asarray(x, dtype=np.float64) - shape.low) / shape.interval
        row = np.clip(np.floor(u) + 1.0, 0.0, shape.knots)
        row = np.where(np.isnan(row), shape.knots, row).astype(np.int64)
        t = u - (row - 1.0)
        a = self.polynomials(parameters)[row]
        for _ in range(order):
            a = np.concatenate(
                [a[..., 1:] * np.array([1.0, 2.0, 3.0]), np.zeros((*a.shape[:-1], 1))], axis=-1
            )
        value = a[..., 0] + t * (a[..., 1] + t * (a[..., 2] + t * a[..., 3]))
        return np.asarray(value / shape.interval**order)

    def weights(self, x: float, order: int = 0) -> FloatArray:
        """What each parameter counts for in the value at `x`, or in a derivative of it; shape (n,)."""
        units = np.eye(self.shape.n_parameters)
        return np.array([float(self(unit, np.array(x), order)) for unit in units])

    def fitted(self, function: Callable[[FloatArray], FloatArray]) -> FloatArray:
        """Parameters of the spline that is nearest to a function at points spread over its intervals.

        A spline whose parameters are steps gets none below zero.

        Raises:
            ValueError: a sentence, when the function is not finite at some point.
        """
        shape = self.shape
        x = np.linspace(shape.low, shape.high, _POINTS * (shape.knots - 1) + 1)
        with np.errstate(all="ignore"):
            wanted = np.broadcast_to(np.asarray(function(x), dtype=np.float64), x.shape)
        if not np.isfinite(wanted).all():
            raise ValueError(f"it has no finite value at {x[~np.isfinite(wanted)][0]:g}.")
        columns = np.stack([self(unit, x) for unit in np.eye(shape.n_parameters)], axis=1)
        lower = [shape.parameter_minimum(k) for k in range(shape.n_parameters)]
        if not shape.monotonic:
            return np.asarray(np.linalg.lstsq(columns, wanted, rcond=None)[0])
        from scipy.optimize import lsq_linear

        bounds = np.array([-np.inf if low is None else low for low in lower]), np.full(len(lower), np.inf)
        found = lsq_linear(columns, wanted, bounds, method="bvls").x
        return np.asarray(np.maximum(found, bounds[0]))
