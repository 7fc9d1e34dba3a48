"""The group of residuals that a user's Python function forms, configuration by configuration."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.kernels import SiteModel
from hpcfit.problem.block_group import BlockGroup
from hpcfit.problem.function_residual import FunctionResidual
from hpcfit.problem.geometry_keeper import GeometryKeeper

FloatArray = NDArray[np.float64]


class FunctionGroup(BlockGroup):
    """Residuals of a user's function.

    Args:
        functions: the residual of each configuration of the group.
        present: for each configuration, which of its prediction rows the function sees.
        first_row: first prediction row of each configuration, and the end, shape (n + 1,).
    """

    def __init__(
        self,
        keeper: GeometryKeeper,
        bounds: NDArray[np.int64],
        functions: tuple[FunctionResidual, ...],
        present: tuple[NDArray[np.int64], ...],
        first_row: NDArray[np.int64],
        keep_jacobian: bool,
    ) -> None:
        lengths = [
            sum(function.length for function in functions[bounds[c] : bounds[c + 1]])
            for c in range(len(bounds) - 1)
        ]
        super().__init__(keeper, bounds, lengths, keep_jacobian)
        self._functions = functions
        self._present = present
        self._first_row = first_row

    def faults(self, model: SiteModel, values: FloatArray, chunk: int) -> list[str]:
        geometry = self.keeper.at(model.cutoff(values))
        sentences = []
        for i in range(int(self.bounds[chunk]), int(self.bounds[chunk + 1])):
            table = model.predict_jacobian(geometry, i, i + 1, values)[self._present[i]]
            sentence = self._functions[i].fault(table[:, -1], table[:, :-1])
            sentences += [sentence] if sentence else []
        return sentences

    def _begin(self, model: SiteModel, values: FloatArray, derivatives: bool) -> None:
        pass

    def _value(self, chunk: int, prediction: FloatArray) -> FloatArray:
        parts = [self._functions[i].value(prediction[rows]) for i, rows in self._configurations(chunk)]
        return np.concatenate([np.zeros(0), *parts])

    def _linearized(self, chunk: int, columns: FloatArray) -> FloatArray:
        parts = [np.zeros((len(columns), 0))]
        for i, rows in self._configurations(chunk):
            value, jacobian = self._functions[i].value_and_jacobian(columns[-1, rows], columns[:-1, rows].T)
            parts.append(np.concatenate([jacobian.T, value[np.newaxis]]))
        return np.concatenate(parts, axis=1)

    def _configurations(self, chunk: int) -> list[tuple[int, NDArray[np.int64]]]:
        """The configurations of a chunk, and which of its prediction rows each one's function sees."""
        first, last = int(self.bounds[chunk]), int(self.bounds[chunk + 1])
        start = self._first_row[first]
        return [(i, self._first_row[i] - start + self._present[i]) for i in range(first, last)]
