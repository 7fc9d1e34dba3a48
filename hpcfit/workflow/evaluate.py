"""Errors of predictions at given parameters, over a dataset spread over ranks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from hpcfit.parallel.agree import agreement
from hpcfit.parallel.communicator import Communicator
from hpcfit.problem.accuracy import rmse_table, squared_errors
from hpcfit.problem.geometry_keeper import GeometryKeeper
from hpcfit.problem.groups import part_of, runs_below, species_index
from hpcfit.problem.rows import block_references
from hpcfit.workflow.data_plan import DataPlan
from hpcfit.workflow.model import Model
from hpcfit.workflow.share import Share

FloatArray = NDArray[np.float64]


def errors_by_tag(
    comm: Communicator, model: Model, plan: DataPlan, keepers: Iterable[GeometryKeeper], theta: FloatArray
) -> dict[str, dict[str, float | None]]:
    """RMSE of each target over all configurations and by tag; empty on ranks other than 0.

    Args:
        keepers: of this rank's configurations, in their order.
    """
    with agreement(comm):
        values = model.parameters.values(theta)
        own = np.concatenate([np.zeros((0, 6)), *(squares_of(model, keeper, values) for keeper in keepers)])
    gathered = comm.gather(own)
    if gathered is None:
        return {}
    return rmse_table(np.concatenate(gathered), plan.tags, model.targets)


def keepers_of(model: Model, share: Share) -> Iterator[GeometryKeeper]:
    """The configurations of a share, as many at a time as memory allows."""
    whole = share.work.geometry
    runs = runs_below(np.arange(len(share.block) + 1), share.work.bonds, share.work.memory.group_bonds)
    for first, last in runs:
        part = part_of(share.block, first, last)
        keeper = GeometryKeeper(part, species_index(part, model.species), model.moving)
        if whole is not None and len(part) == len(share.block):
            keeper.hold(whole)
        yield keeper


def squares_of(model: Model, keeper: GeometryKeeper, values: FloatArray) -> FloatArray:
    """Squared errors and counts of each configuration, shape (n, 6); see `squared_errors`."""
    geometry = keeper.at(model.compiled.cutoff(values))
    prediction = model.compiled.predict(geometry, values)
    reference = block_references(keeper.block, model.targets)
    return squared_errors(prediction, reference, keeper.block.first_atom, model.targets.stress)
