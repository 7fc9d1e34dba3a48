"""An objective whose configurations, or rows, count more or less than they did."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hpcfit.kernels import AnyModel
from hpcfit.problem.block_group import BlockGroup
from hpcfit.problem.chunk_group import ChunkGroup
from hpcfit.problem.compiled_group import CompiledGroup
from hpcfit.problem.local_objective import LocalObjective
from hpcfit.problem.robust_row_objective import RobustRowObjective
from hpcfit.problem.row_objective import RowObjective

if TYPE_CHECKING:
    from hpcfit.problem.device_group import DeviceGroup

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
AnyObjective = RowObjective | RobustRowObjective | LocalObjective


def reweighed(objective: AnyObjective, factors: FloatArray) -> AnyObjective:
    """The same with the residuals of each configuration or row multiplied by a factor.

    The scales of robust losses are multiplied by it too, so that the loss of each is multiplied by its
    square. What is kept of the geometry is shared; the objective itself stays as it is.

    Args:
        factors: of each configuration or row of this rank, shape (n,), 0 or more. A residual that counts k
            times, as in a resampled set, has the factor sqrt(k).
    """
    if not isinstance(objective, LocalObjective):
        data = objective.data
        weight = data.weight.copy()
        weight[:, : len(data)] *= factors
        made = replace(objective, data=replace(data, weight=weight), seconds=0.0, folding_seconds=0.0)
        if isinstance(made, RobustRowObjective):
            made.stretch(factors)
        return made
    values = objective.parameters.values(objective.parameters.start)
    groups, first = [], 0
    for group in objective.groups:
        last = first + len(group.keeper.block)
        groups.append(_reweighed(group, objective.model, values, factors[first:last]))
        first = last
    return replace(objective, groups=tuple(groups), seconds=0.0)


def _reweighed(group: ChunkGroup, model: AnyModel, values: FloatArray, factors: FloatArray) -> ChunkGroup:
    if isinstance(group, CompiledGroup):
        rows = replace(group.rows, weight=group.rows.weight * factors[_owners(group, model, values)])
        return CompiledGroup(group.keeper, group.bounds, rows, group._keep)
    if not isinstance(group, BlockGroup):
        from hpcfit.problem.device_group import DeviceGroup

        assert isinstance(group, DeviceGroup)
        return group.with_weights(group.rows.weight * factors[_owners(group, model, values)])
    return ReweighedGroup(group, factors)


def _owners(group: CompiledGroup | DeviceGroup, model: AnyModel, values: FloatArray) -> IntArray:
    """The configuration of each residual, (m,)."""
    offsets = model.prediction_offsets(group.keeper.at(model.cutoff(values)))
    return np.asarray(np.searchsorted(offsets, group.rows.source, side="right") - 1, dtype=np.int64)


class ReweighedGroup(BlockGroup):
    """Residuals of another group, multiplied by a factor for each configuration."""

    def __init__(self, group: BlockGroup, factors: FloatArray) -> None:
        lengths = np.diff(group._first_residual)
        super().__init__(group.keeper, group.bounds, group._batches, lengths, group._keep)
        self._group = group
        configuration, _ = group.origins()
        self._factors = factors[configuration]
        if group.loss is not None:
            self.loss = group.loss.stretched(self._factors)

    def origins(self) -> tuple[IntArray, IntArray]:
        return self._group.origins()

    def _value(self, model: AnyModel, values: FloatArray, batch: int, prediction: FloatArray) -> FloatArray:
        return self._group._value(model, values, batch, prediction) * self._own(batch)

    def _linearized(self, model: AnyModel, values: FloatArray, batch: int, columns: FloatArray) -> FloatArray:
        return self._group._linearized(model, values, batch, columns) * self._own(batch)

    def _own(self, batch: int) -> FloatArray:
        chunks = self._batches[batch]
        return self._factors[self._first_residual[chunks.start] : self._first_residual[chunks.stop]]
