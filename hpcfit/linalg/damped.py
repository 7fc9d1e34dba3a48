"""The steps of one linearization for any damping, from a single SVD.

With U S V^T = R D^-1 and c = U^T Q^T r, the damped step that minimizes
|r + J v|^2 + lambda |D v|^2 is v = -D^-1 V S (S^2 + lambda)^-1 c (Golub and Van Loan, Matrix
Computations, section 6.1), so that trying another damping costs p multiplications.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hpcfit.linalg.rfactor import RFactor

FloatArray = NDArray[np.float64]

#: a step may be this fraction longer or shorter than the radius (More, LNM 630 (1978) 105)
RADIUS_TOLERANCE = 0.1
_MOST_SEARCH_STEPS = 30


@dataclass(frozen=True, eq=False)
class DampedSystem:
    """The scaled singular values of a linearization, and what is solved with them.

    Attributes:
        scale: D, positive, shape (p,).
        singular: S, decreasing, shape (p,).
        right: V^T, shape (p, p).
        projected: c = U^T Q^T r, shape (p,).
    """

    scale: FloatArray
    singular: FloatArray
    right: FloatArray
    projected: FloatArray

    @classmethod
    def of(cls, factor: RFactor, scale: FloatArray) -> DampedSystem:
        """Decompose a finite RFactor with column scales D (p,).

        Raises:
            numpy.linalg.LinAlgError: the triangle is not finite.
        """
        left, singular, right = np.linalg.svd(factor.r / scale)
        return cls(scale, singular, right, factor.qtr @ left)

    @cached_property
    def rank(self) -> int:
        """Number of singular values above rounding."""
        if len(self.singular) == 0:
            return 0
        tolerance = len(self.singular) * np.finfo(float).eps * self.singular[0]
        return int(np.count_nonzero(self.singular > tolerance))

    def velocity(self, damping: float) -> FloatArray:
        """The step v (p,) for a damping lambda >= 0; it has no part in directions without effect."""
        return -(self._coefficients(damping) @ self.right) / self.scale

    def step_norm(self, damping: float) -> float:
        """|D v| for a damping lambda."""
        return float(np.linalg.norm(self._coefficients(damping)))

    def reduction(self, damping: float) -> float:
        """|J v|^2 + 2 lambda |D v|^2 = |r|^2 - |r + J v|^2: what the linear model promises."""
        steps = self._coefficients(damping)
        return float(np.sum((self.singular * steps) ** 2) + 2.0 * damping * np.sum(steps**2))

    def correction(self, damping: float, gradient: FloatArray) -> FloatArray:
        """-D^-1 V (S^2 + lambda)^-1 V^T D^-1 g (p,) for g (p,); with g = J^T r_vv, the acceleration.

        Transtrum and Sethna, arXiv:1201.5885, eq. 24.
        """
        coefficients = self.right @ (gradient / self.scale)
        return -((self._inverse_squares(damping) * coefficients) @ self.right) / self.scale

    def damping_for(self, radius: float, start: float) -> float:
        """A lambda for which | |D v| - radius | <= radius/10; 0 if the undamped step is short enough.

        Safeguarded Newton iteration on 1/|D v| (Hebden 1973; More, LNM 630 (1978) 105).

        Args:
            start: first guess, such as the last damping used; any number.
        """
        if self.step_norm(0.0) <= (1.0 + RADIUS_TOLERANCE) * radius:
            return 0.0
        singular = self.singular[: self.rank]
        weighted = np.abs(singular * self.projected[: self.rank])
        upper = float(np.linalg.norm(weighted)) / radius
        lower = 0.0
        damping = start if 0.0 < start < upper else 0.001 * upper
        for _ in range(_MOST_SEARCH_STEPS):
            norm = np.linalg.norm(weighted / (singular**2 + damping))
            if abs(norm - radius) <= RADIUS_TOLERANCE * radius or upper <= 0.0:
                break
            if norm > radius:
                lower = damping
            else:
                upper = damping
            slope = -np.sum(weighted**2 / (singular**2 + damping) ** 3) / norm
            damping -= (norm - radius) / radius * norm / slope
            if not lower < damping < upper:  # also when it is NaN
                damping = max(np.sqrt(lower * upper), 0.001 * upper)
        return float(damping)

    def _coefficients(self, damping: float) -> FloatArray:
        return self._inverse_squares(damping) * self.singular * self.projected

    def _inverse_squares(self, damping: float) -> FloatArray:
        """(S^2 + lambda)^-1, and zero where S is zero up to rounding.

        What is multiplied by it is zero there as well, in exact arithmetic; without damping to speak of,
        the rounding that stands in its place would be magnified beyond all bounds.
        """
        inverse = np.zeros(len(self.singular))
        inverse[: self.rank] = 1.0 / (self.singular[: self.rank] ** 2 + damping)
        return inverse
