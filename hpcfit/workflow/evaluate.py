"""Errors of predictions at given parameters, over a dataset spread over ranks."""

from __future__ import annotations

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
    comm: Communicator, model: Model, plan: DataPlan, share: Share, theta: FloatArray
) -> dict[str, dict[str, float | None]]:
    """RMSE of each target over all configurations and by tag; empty on ranks other than 0."""
    with agreement(comm):
        own = _own_errors(model, share, theta)
    gathered = comm.gather(own)
    if gathered is None:
        return {}
    return rmse_table(np.concatenate(gathered), plan.tags, model.targets)


def _own_errors(model: Model, share: Share, theta: FloatArray) -> FloatArray:
    values = model.parameters.values(theta)
    cutoff = model.compiled.cutoff(values)
    sums = np.zeros((len(share.block), 6))
    runs = runs_below(np.arange(len(share.block) + 1), share.work.bonds, share.work.memory.group_bonds)
    for first, last in runs:
        part = part_of(share.block, first, last)
        keeper = GeometryKeeper(part, species_index(part, model.species), moving=False)
        whole = share.work.geometry
        if whole is not None and len(part) == len(share.block) and whole.cutoff >= cutoff:
            keeper.hold(whole)
        prediction = model.compiled.predict(keeper.at(cutoff), values)
        reference = block_references(part, model.targets)
        stress = model.targets.stress
        sums[first:last] = squared_errors(prediction, reference, part.first_atom, stress)
    return sums
