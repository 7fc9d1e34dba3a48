"""A fit must start where the residual exists; where it does not, say in which configurations."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import JobError
from hpcfit.parallel.agree import agreement
from hpcfit.parallel.communicator import Communicator
from hpcfit.problem.geometry_keeper import GeometryKeeper
from hpcfit.problem.groups import part_of, species_index
from hpcfit.problem.rows import block_references
from hpcfit.workflow.prepare import Prepared

_SHOWN = 5


def check_start(comm: Communicator, prepared: Prepared) -> None:
    """Evaluate the initial parameters once, before anything that an earlier run left is touched.

    Raises:
        JobError: on all ranks alike, when there is no residual at all, or naming configurations whose
            residual, or its derivatives by the free parameters, are not finite.
    """
    source = prepared.plan.resolved.job.source
    if not sum(comm.allgather(prepared.objective.n_residuals)):
        sentence = (
            ": nothing is left to fit: the residual returns nothing, or takes no part of what the data hold."
        )
        raise JobError(source.problem(("residual",), sentence).text)
    with agreement(comm):
        own, own_faults = _not_finite(prepared)
    found = [name for names in comm.allgather(own) for name in names]
    faults = [sentence for sentences in comm.allgather(own_faults[:1]) for sentence in sentences]
    if not found and not faults:
        return
    if not found:
        sentence = f": {faults[0]}. Look for a division by zero, or a root or logarithm, in the residual."
        raise JobError(source.problem(("residual",), sentence).text)
    names = ", ".join(found[:_SHOWN]) + (", ..." if len(found) > _SHOWN else "")
    sentence = (
        ": at the initial values, the residual or its derivatives by the free parameters are not finite in "
        f"{len(found)} of {len(prepared.plan.train.indices)} configurations ({names}). Start from other "
        "values, or look for a root or logarithm of a negative number, a division by zero, an overflow."
    )
    raise JobError(source.problem(("potential",), sentence).text)


def _not_finite(prepared: Prepared) -> tuple[list[str], list[str]]:
    """Configurations of this rank without prediction; and what fails in residuals of finite predictions."""
    triangles, sums = prepared.objective.linearize(prepared.model.parameters.start)
    finite = (sums[:, 1] == 0.0) & np.isfinite(sums).all(axis=1) & np.isfinite(triangles).all(axis=(1, 2))
    bounds = prepared.share.bounds
    names: list[str] = []
    faults: list[str] = []
    for chunk in np.flatnonzero(~finite).tolist():
        bad = _without_prediction(prepared, int(bounds[chunk]), int(bounds[chunk + 1]))
        block = prepared.share.block
        if not bad and not faults:
            faults = prepared.objective.faults(prepared.model.parameters.start, chunk)
        if not bad and not faults:
            bad = list(range(bounds[chunk], bounds[chunk + 1]))
        names += [block.identifier[i] for i in bad]
    return names, faults


def _without_prediction(prepared: Prepared, first: int, last: int) -> list[int]:
    """Which of the configurations [first, last) have predictions or derivatives that are not finite.

    Only what has references is looked at: a cluster has no stress.
    """
    model = prepared.model
    values = model.parameters.values(model.parameters.start)
    part = part_of(prepared.share.block, first, last)
    geometry = GeometryKeeper(part, species_index(part, model.species), moving=False).at(
        model.compiled.cutoff(values)
    )
    rows: NDArray[np.float64] = model.compiled.predict_jacobian(geometry, 0, last - first, values)
    finite = np.isfinite(rows).all(axis=1) | np.isnan(block_references(part, prepared.model.targets))
    offsets = model.compiled.prediction_offsets(geometry)
    return [first + i for i in range(last - first) if not finite[offsets[i] : offsets[i + 1]].all()]
