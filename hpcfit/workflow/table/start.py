"""A fit of a table must start where its residuals exist; where they do not, say in which rows."""

from __future__ import annotations

import numpy as np

from hpcfit.errors import JobError
from hpcfit.parallel.agree import agreement
from hpcfit.parallel.communicator import Communicator
from hpcfit.suggest import counted
from hpcfit.workflow.table.prepare import PreparedTable

_SHOWN = 5


def check_table_start(comm: Communicator, prepared: PreparedTable) -> None:
    """Evaluate the initial parameters once, before anything that an earlier run left is touched.

    Raises:
        JobError: on all ranks alike, when no residual takes part, or naming rows whose prediction, or its
            derivatives by the free parameters, are not finite.
    """
    plan = prepared.plan
    source = plan.resolved.job.source
    if not sum(comm.allgather(prepared.objective.n_residuals)):
        raise JobError(source.problem(("data",), ": nothing is left to fit: every weight is 0.").text)
    with agreement(comm):
        own = _bad_rows(prepared)
    first = int(prepared.share.bounds[prepared.share.ranges[comm.rank]])
    found = np.concatenate(comm.allgather(own + first))
    if not len(found):
        return
    lines = [] if plan.data is None else plan.data.columns.line[found[:_SHOWN]].tolist()
    places = comm.bcast(", ".join(map(str, lines)))
    more = ", ..." if len(found) > _SHOWN else ""
    word = "line" if len(found) == 1 else "lines"
    sentence = (
        ": at the initial values, the model or its derivatives by the free parameters are not finite in "
        f"{len(found)} of {counted(plan.train.rows, 'row')} ({plan.train.path}, {word} {places}{more}). "
        "Start from other values, or look for a root or logarithm of a negative number, a division by zero, "
        "an overflow."
    )
    raise JobError(source.problem(("model",), sentence).text)


def _bad_rows(prepared: PreparedTable) -> np.ndarray:
    objective, parameters = prepared.objective, prepared.model.parameters
    triangles, sums = objective.linearize(parameters.start)
    finite = (sums[:, 1] == 0.0) & np.isfinite(sums).all(axis=1) & np.isfinite(triangles).all(axis=(1, 2))
    if finite.all():
        return np.empty(0, np.int64)
    values = parameters.values(parameters.start)
    table = prepared.model.compiled.predict_jacobian(prepared.share.data, values)
    return np.flatnonzero(~np.isfinite(table).all(axis=(0, 1)))
