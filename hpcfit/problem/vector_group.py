"""The group of residuals that are computed for all rows of a chunk at once, with their derivative."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import ConfigurationBlock
from hpcfit.kernels import SiteModel
from hpcfit.problem.block_group import BlockGroup
from hpcfit.problem.geometry_keeper import GeometryKeeper
from hpcfit.problem.row_names import row_name
from hpcfit.problem.rows import BlockRows
from hpcfit.residuals.vector_residual import ChunkFunction, ChunkRows, VectorResidual

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
        functions = chunk_functions(keeper.block, bounds, rows, residual)
        super().__init__(keeper, bounds, [len(each.source) for each in functions], keep_jacobian)
        self._functions = functions
        self._label = label

    def faults(self, model: SiteModel, values: FloatArray, chunk: int) -> list[str]:
        geometry = self.keeper.at(model.cutoff(values))
        table = model.predict_jacobian(geometry, int(self.bounds[chunk]), int(self.bounds[chunk + 1]), values)
        function = self._functions[chunk]
        found = function.linearized(table.T.copy())
        offsets = model.prediction_offsets(geometry)[self.bounds[chunk] : self.bounds[chunk + 1] + 1]
        sentences = []
        for k in np.flatnonzero(~np.isfinite(found).all(axis=0)).tolist():
            row = int(function.source[k])
            c = int(np.searchsorted(offsets - offsets[0], row, side="right")) - 1
            block, place = self.keeper.block, int(self.bounds[chunk]) + c
            name = row_name(row - int(offsets[c] - offsets[0]), int(block.natoms[place]))
            value = found[-1, k]
            what = f"is {value}" if not np.isfinite(value) else "has a derivative that is not finite"
            sentences.append(
                f"residual {self._label}, configuration {block.identifier[place]!r}: the residual of its "
                f"{name} {what} at the initial values, where the prediction is {table[row, -1]:.6g}"
            )
        return sentences

    def _begin(self, model: SiteModel, values: FloatArray, derivatives: bool) -> None:
        pass

    def _value(self, chunk: int, prediction: FloatArray) -> FloatArray:
        return self._functions[chunk].value(prediction)

    def _linearized(self, chunk: int, columns: FloatArray) -> FloatArray:
        return self._functions[chunk].linearized(columns)


def chunk_functions(
    block: ConfigurationBlock, bounds: NDArray[np.int64], rows: BlockRows, residual: VectorResidual
) -> list[ChunkFunction]:
    """The residual of each chunk of a block.

    Raises:
        DataError: naming the configuration that it cannot be formed for.
    """
    functions = []
    volume = block.volume
    for c in range(len(bounds) - 1):
        first, last = int(bounds[c]), int(bounds[c + 1])
        own = slice(int(rows.offsets[first]), int(rows.offsets[last]))
        chunk = ChunkRows(
            identifiers=block.identifier[first:last],
            first_row=rows.offsets[first : last + 1] - rows.offsets[first],
            natoms=block.natoms[first:last],
            volume=volume[first:last],
            reference=rows.reference[own],
            weight=rows.weight[own],
        )
        functions.append(residual.of_chunk(chunk))
    return functions
