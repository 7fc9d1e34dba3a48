"""The group of residuals whose energies are measured from those of anchors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.kernels import SiteModel
from hpcfit.problem.anchors import AnchorEnergies, Anchors
from hpcfit.problem.block_group import BlockGroup
from hpcfit.problem.geometry_keeper import GeometryKeeper
from hpcfit.problem.rows import BlockRows

FloatArray = NDArray[np.float64]


class DifferenceGroup(BlockGroup):
    """factor * (prediction - reference), where n times the anchor's energy is taken from both energies.

    Args:
        rows: of the group's configurations; see `measured_from`.
        anchors: those of the group's configurations.
        energies: predictions for the anchors, shared with the other groups of the rank.
    """

    def __init__(
        self,
        keeper: GeometryKeeper,
        bounds: NDArray[np.int64],
        rows: BlockRows,
        anchors: Anchors,
        energies: AnchorEnergies,
        keep_jacobian: bool,
    ) -> None:
        first_row = rows.offsets[bounds]
        before = np.concatenate([[0], np.cumsum(rows.takes_part)])[first_row]
        super().__init__(keeper, bounds, np.diff(before).tolist(), keep_jacobian)
        self._energies = energies
        self._from_anchors = np.zeros((0, 0))
        self._chunks = [_ChunkOfDifferences(rows, anchors, bounds, c) for c in range(len(bounds) - 1)]

    def release(self) -> None:
        super().release()
        self._energies.release()

    def _begin(self, model: SiteModel, values: FloatArray, derivatives: bool) -> None:
        self._from_anchors = self._energies.columns(model, values, derivatives)

    def _value(self, chunk: int, prediction: FloatArray) -> FloatArray:
        found = self._chunks[chunk].residual(prediction[np.newaxis], self._from_anchors)
        return np.asarray(found[0])

    def _linearized(self, chunk: int, columns: FloatArray) -> FloatArray:
        return self._chunks[chunk].residual(columns, self._from_anchors)


class _ChunkOfDifferences:
    """What one chunk needs: its rows that take part, and which of them are energies with an anchor."""

    def __init__(self, rows: BlockRows, anchors: Anchors, bounds: NDArray[np.int64], chunk: int) -> None:
        first, last = int(bounds[chunk]), int(bounds[chunk + 1])
        own = slice(int(rows.offsets[first]), int(rows.offsets[last]))
        self.source = np.flatnonzero(rows.takes_part[own])
        self.factor = rows.weight[own][self.source]
        self.reference = rows.reference[own][self.source]
        energy = rows.offsets[first:last] - own.start
        measured = rows.takes_part[own][energy] & (anchors.index[first:last] >= 0)
        self.place = np.searchsorted(self.source, energy[measured])
        self.anchor = anchors.index[first:last][measured]
        self.ratio = anchors.ratio[first:last][measured]

    def residual(self, columns: FloatArray, from_anchors: FloatArray) -> FloatArray:
        """From predictions (any, rows), of which the last row is the value itself; shape (any, k)."""
        found = columns[:, self.source]
        found[:, self.place] -= self.ratio * from_anchors[:, self.anchor]
        found[-1] -= self.reference
        found *= self.factor
        return found


def measured_from(rows: BlockRows, anchors: Anchors) -> BlockRows:
    """The rows with the anchors' reference energies taken off; an anchor's own energy takes no part."""
    energy = rows.offsets[:-1]
    reference, takes_part = rows.reference.copy(), rows.takes_part.copy()
    measured = anchors.index >= 0
    off = anchors.ratio[measured] * anchors.block.energy[anchors.index[measured]]
    reference[energy[measured]] -= off
    takes_part[energy[anchors.itself]] = False
    return BlockRows(rows.offsets, reference, rows.weight, takes_part, rows.views)
