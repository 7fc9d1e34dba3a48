"""The group of residuals that a user's Python function forms, configuration by configuration."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.kernels import AnyModel
from hpcfit.problem.block_group import BlockGroup, batches_of
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
        lengths = np.array([function.length for function in functions], dtype=np.int64)
        before = np.concatenate([[0], np.cumsum(lengths)])[bounds]
        super().__init__(keeper, bounds, batches_of(bounds, first_row), np.diff(before), keep_jacobian)
        self._functions = functions
        self._present = present
        self._first_row = first_row

    def origins(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        lengths = [function.length for function in self._functions]
        configuration = np.repeat(np.arange(len(lengths)), lengths)
        return configuration, np.full(len(configuration), -1)

    def faults(self, model: AnyModel, values: FloatArray, chunk: int) -> list[str]:
        geometry = self.keeper.at(model.cutoff(values))
        sentences = []
        for i in range(int(self.bounds[chunk]), int(self.bounds[chunk + 1])):
            table = model.predict_jacobian(geometry, i, i + 1, values)[self._present[i]]
            sentence = self._functions[i].fault(table[:, -1], table[:, :-1])
            sentences += [sentence] if sentence else []
        return sentences

    def _value(self, model: AnyModel, values: FloatArray, batch: int, prediction: FloatArray) -> FloatArray:
        parts = [self._functions[i].value(prediction[rows]) for i, rows in self._configurations(batch)]
        return np.concatenate([np.zeros(0), *parts])

    def _linearized(self, model: AnyModel, values: FloatArray, batch: int, columns: FloatArray) -> FloatArray:
        parts = [np.zeros((len(columns), 0))]
        for i, rows in self._configurations(batch):
            value, jacobian = self._functions[i].value_and_jacobian(columns[-1, rows], columns[:-1, rows].T)
            parts.append(np.concatenate([jacobian.T, value[np.newaxis]]))
        return np.concatenate(parts, axis=1)

    def _configurations(self, batch: int) -> list[tuple[int, NDArray[np.int64]]]:
        """The configurations of a batch, and which of its prediction rows each one's function sees."""
        chunks = self._batches[batch]
        first, last = int(self.bounds[chunks.start]), int(self.bounds[chunks.stop])
        start = self._first_row[first]
        return [(i, self._first_row[i] - start + self._present[i]) for i in range(first, last)]
