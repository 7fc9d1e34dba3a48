"""What a least-squares step needs of a Jacobian and a residual: the triangle of their QR factors.

For J (m, p) and r (m,) the triangle of [J | r] is [[R, Q^T r], [0, rho]], with rho the norm of the
part of r that no change of the parameters reaches. It is found without forming J^T J, so the
condition number is not squared; triangles of different rows merge into that of all rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RFactor:
    """The triangle (p + 1, p + 1) of [J | r], and the number of rows that went into it."""

    triangle: FloatArray
    rows: int

    @classmethod
    def from_rows(cls, residual: FloatArray, jacobian: FloatArray) -> RFactor:
        """Factor residuals r (m,) and their Jacobian J (m, p); m may be smaller than p.

        Raises:
            ValueError: the shapes do not fit together.
        """
        m = len(residual)
        if jacobian.ndim != 2 or residual.shape != (m,) or len(jacobian) != m:
            shapes = f"{residual.shape} and {jacobian.shape}"
            raise ValueError(
                f"RFactor.from_rows: residual and Jacobian need shapes (m,) and (m, p), not {shapes}"
            )
        block = np.empty((jacobian.shape[1] + 1, m))
        block[:-1] = jacobian.T
        block[-1] = residual
        return cls(_triangle(block), m)

    @property
    def n_parameters(self) -> int:
        return len(self.triangle) - 1

    @property
    def r(self) -> FloatArray:
        """R, upper triangular, shape (p, p)."""
        return self.triangle[:-1, :-1]

    @property
    def qtr(self) -> FloatArray:
        """Q^T r, shape (p,)."""
        return self.triangle[:-1, -1]

    @property
    def rho(self) -> float:
        """Norm of the residual that would be left if the model were linear."""
        return abs(float(self.triangle[-1, -1]))

    @property
    def gradient(self) -> FloatArray:
        """J^T r, shape (p,)."""
        return self.r.T @ self.qtr

    @property
    def column_norms(self) -> FloatArray:
        """Norms of the columns of J, shape (p,)."""
        return np.array([math.hypot(*column) for column in self.r.T], dtype=np.float64)

    @property
    def is_finite(self) -> bool:
        return bool(np.isfinite(self.triangle).all())

    def merge(self, other: RFactor) -> RFactor:
        """The factor of the rows of both. Which is `self` and which `other` may change the last bits."""
        from hpcfit.linalg.wide import WideFolding

        triangle = self.triangle.copy()
        WideFolding(len(triangle)).merge(triangle, np.ascontiguousarray(other.triangle))
        return RFactor(triangle, self.rows + other.rows)

    def transform(self, matrix: FloatArray) -> RFactor:
        """The factor of [J T | r], for other parameters of which these are a linear function.

        Args:
            matrix: T, shape (p, q).
        """
        block = np.empty((matrix.shape[1] + 1, len(self.triangle)))
        block[:-1, :-1] = (self.r @ matrix).T
        block[:-1, -1] = 0.0
        block[-1] = self.triangle[:, -1]
        return RFactor(_triangle(block), self.rows)

    def select(self, columns: Sequence[int] | NDArray[np.int64]) -> RFactor:
        """The factor of [J' | r] with J' the given columns of J, in the given order."""
        block = np.ascontiguousarray(self.triangle[:, [*columns, -1]].T)
        return RFactor(_triangle(block), self.rows)

    def moved(self, step: FloatArray) -> RFactor:
        """The factor of [J | r + J s]: the residual as the linear model predicts it after a step s (p,)."""
        triangle = self.triangle.copy()
        triangle[:-1, -1] += self.r @ step
        return RFactor(triangle, self.rows)


def _triangle(block: FloatArray) -> FloatArray:
    from hpcfit.linalg.wide import WideFolding

    triangle = np.empty((len(block), len(block)))
    WideFolding(len(block)).fold(block, triangle)
    return triangle
