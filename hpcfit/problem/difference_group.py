"""The group of residuals whose energies are measured from those of anchors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.kernels import AnyModel
from hpcfit.problem.anchors import AnchorEnergies, Anchors
from hpcfit.problem.block_group import BlockGroup, batches_of
from hpcfit.problem.geometry_keeper import GeometryKeeper
from hpcfit.problem.row_names import place_rows
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
        before = np.concatenate([[0], np.cumsum(rows.takes_part)])[rows.offsets[bounds]]
        batches = batches_of(bounds, rows.offsets)
        super().__init__(keeper, bounds, batches, np.diff(before), keep_jacobian)
        self._source, self._offsets = np.flatnonzero(rows.takes_part), rows.offsets
        self._energies = energies
        self._parts = [
            _Differences(rows, anchors, int(bounds[batch.start]), int(bounds[batch.stop]))
            for batch in batches
        ]

    def release(self) -> None:
        super().release()
        self._energies.release()

    def origins(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return place_rows(self._source, self._offsets)

    def _value(self, model: AnyModel, values: FloatArray, batch: int, prediction: FloatArray) -> FloatArray:
        energies = self._energies.columns(model, values, derivatives=False)
        return np.asarray(self._parts[batch].residual(prediction[np.newaxis], energies)[0])

    def _linearized(self, model: AnyModel, values: FloatArray, batch: int, columns: FloatArray) -> FloatArray:
        energies = self._energies.columns(model, values, derivatives=True)
        return self._parts[batch].residual(columns, energies)


class _Differences:
    """Of the configurations [first, last): the rows that take part, and the energies that have an anchor."""

    def __init__(self, rows: BlockRows, anchors: Anchors, first: int, last: int) -> None:
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
        found = np.take(columns, self.source, axis=1)
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
