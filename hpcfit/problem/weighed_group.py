"""The group of residuals weight * (prediction - reference) where the fused kernels cannot form them.

A robust loss scales rows of the Jacobian by their residuals: between the two comes a step that those kernels
do not have.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.kernels import AnyModel
from hpcfit.problem.block_group import BlockGroup, batches_of
from hpcfit.problem.geometry_keeper import GeometryKeeper
from hpcfit.problem.row_names import place_rows
from hpcfit.problem.rows import BlockRows, residual_rows

FloatArray = NDArray[np.float64]


class WeighedGroup(BlockGroup):
    """Residuals of the rows that take part.

    Args:
        rows: of the group's configurations.
    """

    def __init__(
        self, keeper: GeometryKeeper, bounds: NDArray[np.int64], rows: BlockRows, keep_jacobian: bool
    ) -> None:
        self._rows = residual_rows(rows, bounds)
        batches = batches_of(bounds, rows.offsets)
        super().__init__(keeper, bounds, batches, np.diff(self._rows.first_residual), keep_jacobian)
        self._offsets = rows.offsets

    def origins(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return place_rows(self._rows.source, self._offsets)

    def _value(self, model: AnyModel, values: FloatArray, batch: int, prediction: FloatArray) -> FloatArray:
        return np.asarray(self._weighed(batch, prediction[np.newaxis])[0])

    def _linearized(self, model: AnyModel, values: FloatArray, batch: int, columns: FloatArray) -> FloatArray:
        return self._weighed(batch, columns)

    def _weighed(self, batch: int, columns: FloatArray) -> FloatArray:
        """From predictions (any, rows), of which the last row is the value itself; shape (any, k)."""
        chunks = self._batches[batch]
        own = slice(int(self._first_residual[chunks.start]), int(self._first_residual[chunks.stop]))
        first = int(self._offsets[self.bounds[chunks.start]])
        found = np.take(columns, self._rows.source[own] - first, axis=1)
        found[-1] -= self._rows.reference[own]
        found *= self._rows.weight[own]
        return found
