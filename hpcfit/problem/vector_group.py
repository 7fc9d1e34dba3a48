"""The group of residuals that are computed for many rows at once, with their derivative."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import ConfigurationBlock
from hpcfit.kernels import AnyModel
from hpcfit.problem.block_group import BlockGroup, batches_of
from hpcfit.problem.geometry_keeper import GeometryKeeper
from hpcfit.problem.row_names import place_rows, row_name
from hpcfit.problem.rows import BlockRows
from hpcfit.residuals.vector_residual import PredictionRows, RowsFunction, VectorResidual

FloatArray = NDArray[np.float64]


class VectorGroup(BlockGroup):
    """Residuals of a `VectorResidual`.

    Args:
        label: how messages name the residual.
    """

    def __init__(
        self,
        keeper: GeometryKeeper,
        bounds: NDArray[np.int64],
        rows: BlockRows,
        residual: VectorResidual,
        label: str,
        keep_jacobian: bool,
    ) -> None:
        batches = batches_of(bounds, rows.offsets)
        ends = [(int(bounds[batch.start]), int(bounds[batch.stop])) for batch in batches]
        self._functions = [rows_function(keeper.block, *end, rows, residual) for end in ends]
        starts = [
            rows.offsets[first] + function.source
            for (first, _), function in zip(ends, self._functions, strict=True)
        ]
        self._source = np.concatenate([np.zeros(0, np.int64), *starts])
        lengths = np.diff(np.searchsorted(self._source, rows.offsets[bounds]))
        super().__init__(keeper, bounds, batches, lengths, keep_jacobian)
        self._first_row = rows.offsets
        self._label = label

    def origins(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return place_rows(self._source, self._first_row)

    def faults(self, model: AnyModel, values: FloatArray, chunk: int) -> list[str]:
        batch = next(b for b, each in enumerate(self._batches) if each.start <= chunk < each.stop)
        first, last = (
            int(self.bounds[end]) for end in (self._batches[batch].start, self._batches[batch].stop)
        )
        table = model.predict_jacobian(self.keeper.at(model.cutoff(values)), first, last, values)
        found = self._functions[batch].linearized(table.T)
        sentences = []
        for k in np.flatnonzero(~np.isfinite(found).all(axis=0)).tolist():
            row = int(self._first_row[first] + self._functions[batch].source[k])
            c = int(np.searchsorted(self._first_row, row, side="right")) - 1
            if not self.bounds[chunk] <= c < self.bounds[chunk + 1]:
                continue
            block, value = self.keeper.block, found[-1, k]
            name = row_name(row - int(self._first_row[c]), int(block.natoms[c]))
            what = f"is {value}" if not np.isfinite(value) else "has a derivative that is not finite"
            sentences.append(
                f"residual {self._label}, configuration {block.identifier[c]!r}: the residual of its {name} "
                f"{what} at the initial values, where the prediction is "
                f"{table[row - int(self._first_row[first]), -1]:.6g}"
            )
        return sentences

    def _value(self, model: AnyModel, values: FloatArray, batch: int, prediction: FloatArray) -> FloatArray:
        return self._functions[batch].value(prediction)

    def _linearized(self, model: AnyModel, values: FloatArray, batch: int, columns: FloatArray) -> FloatArray:
        return self._functions[batch].linearized(columns)


def rows_function(
    block: ConfigurationBlock, first: int, last: int, rows: BlockRows, residual: VectorResidual
) -> RowsFunction:
    """The residual of the configurations [first, last) of a block.

    Raises:
        DataError: naming the configuration that it cannot be formed for.
    """
    own = slice(int(rows.offsets[first]), int(rows.offsets[last]))
    return residual.of_rows(
        PredictionRows(
            identifiers=block.identifier[first:last],
            first_row=rows.offsets[first : last + 1] - rows.offsets[first],
            natoms=block.natoms[first:last],
            volume=block.volume[first:last],
            reference=rows.reference[own],
            weight=rows.weight[own],
        )
    )
