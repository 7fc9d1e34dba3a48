"""The loss of each residual of a group of chunks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpcfit.problem.loss.kinds import TargetLoss

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RowLoss:
    """Number of the loss and its scale C, of m residuals.

    Attributes:
        kind: place of the loss in LOSSES, shape (m,).
        scale: C in the unit of the residual, shape (m,).
    """

    kind: IntArray
    scale: FloatArray

    @classmethod
    def of(cls, targets: IntArray, losses: Sequence[TargetLoss]) -> RowLoss:
        """From the place, among the losses, of each residual's target, shape (m,)."""
        kinds = np.array([each.number for each in losses], dtype=np.int64)
        scales = np.array([each.scale for each in losses], dtype=np.float64)
        return cls(kinds[targets], scales[targets])

    def stretched(self, factors: FloatArray) -> RowLoss:
        """The loss of residuals that are multiplied by factors (m,), as are their scales.

        It is the same loss, multiplied by the squares. A residual that is 0 by its factor keeps its scale.
        """
        return RowLoss(self.kind, self.scale * np.where(factors == 0.0, 1.0, factors))

    def fold(
        self,
        block: FloatArray,
        first_residual: IntArray,
        kept: FloatArray,
        triangles: FloatArray,
        sums: FloatArray,
    ) -> FloatArray:
        """`fold_scaled` of chunks whose residuals are those from first_residual[0] on; sqrt(s) (k,)."""
        from hpcfit.problem.loss.fold import fold_scaled

        own = slice(int(first_residual[0]), int(first_residual[-1]))
        roots = np.empty(own.stop - own.start)
        fold_scaled(block, first_residual, self.kind[own], self.scale[own], kept, roots, triangles, sums)
        return roots

    def scaled(self, block: FloatArray, first: int) -> FloatArray:
        """`scale_rows` of residuals whose number begins with `first`, shape (p + 1, k)."""
        from hpcfit.problem.loss.fold import scale_rows

        own, out = slice(first, first + block.shape[1]), np.empty(block.shape)
        scale_rows(np.ascontiguousarray(block), self.kind[own], self.scale[own], out)
        return out

    def sum(self, residual: FloatArray, first_residual: IntArray, sums: FloatArray) -> None:
        """`sum_losses` of such chunks."""
        from hpcfit.problem.loss.fold import sum_losses

        own = slice(int(first_residual[0]), int(first_residual[-1]))
        sum_losses(residual, first_residual, self.kind[own], self.scale[own], sums)

    def scores(self, residual: FloatArray, first_residual: IntArray) -> FloatArray:
        """Sums of psi^2 and of psi' of such chunks, shape (chunks, 2)."""
        from hpcfit.problem.loss.fold import sum_scores

        own = slice(int(first_residual[0]), int(first_residual[-1]))
        sums = np.zeros((len(first_residual) - 1, 2))
        sum_scores(residual, first_residual, self.kind[own], self.scale[own], sums)
        return sums
