"""RFactor: what rank 0 keeps of any number of residuals, a triangle of (p + 1)^2 numbers.

The triangle of QR of [J | r] holds R and Q^T r and, in its corner, the norm of the residual outside the
range of J. Nothing else of J and r enters a Gauss-Newton or Levenberg-Marquardt step, and, unlike with
J^T J, the condition number is not squared. Two triangles merge by QR of one above the other (Chan, ACM
Trans. Math. Softw. 8, 72 (1982); Demmel et al., SIAM J. Sci. Comput. 34, A206 (2012)).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RFactor:
    """Triangle of QR of [J | r].

    Attributes:
        triangle: [[R, Q^T r], [0, rho]], upper triangular, shape (p + 1, p + 1); signs of rows are free.
    """

    triangle: FloatArray

    @classmethod
    def from_rows(cls, residual: FloatArray, jacobian: FloatArray) -> RFactor:
        """Fold a residual (m,) and its Jacobian (m, p); m may be smaller than p, or 0."""
        from hpcfit.linalg.householder import copy_triangle, triangularize

        m, p = jacobian.shape
        block = np.empty((p + 1, m))
        block[:p] = jacobian.T
        block[p] = residual
        triangularize(block)
        triangle = np.empty((p + 1, p + 1))
        copy_triangle(block, triangle)
        return cls(triangle)

    @property
    def n_parameters(self) -> int:
        return len(self.triangle) - 1

    @property
    def r(self) -> FloatArray:
        """R, shape (p, p)."""
        return self.triangle[:-1, :-1]

    @property
    def qtr(self) -> FloatArray:
        """Q^T r, the residual within the range of J, shape (p,)."""
        return self.triangle[:-1, -1]

    @property
    def rho(self) -> float:
        """Norm of the residual outside the range of J."""
        return abs(float(self.triangle[-1, -1]))

    @property
    def gradient(self) -> FloatArray:
        """J^T r, the gradient of |r|^2 / 2, shape (p,)."""
        return np.asarray(self.r.T @ self.qtr)

    def merge(self, other: RFactor) -> RFactor:
        """The factor of both sets of rows together."""
        return self.of_rows(np.vstack([self.triangle, other.triangle]))

    def transform(self, matrix: FloatArray) -> RFactor:
        """The factor of [J T | r], for T of shape (p, q): a change of parameters by the chain rule."""
        rows = np.column_stack([self.triangle[:, :-1] @ matrix, self.triangle[:, -1]])
        return self.of_rows(rows)

    @classmethod
    def of_rows(cls, rows: FloatArray) -> RFactor:
        """The factor of rows [J | r] that are already side by side, shape (m, p + 1)."""
        return cls.from_rows(rows[:, -1], rows[:, :-1])
