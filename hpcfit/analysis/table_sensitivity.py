"""Derivatives of what a model says of the rows of its table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hpcfit.analysis.choice import Choice, check_amount, nothing_held_out, places, refuse
from hpcfit.analysis.influence import Progress
from hpcfit.analysis.sensitivity_report import Sensitivity
from hpcfit.analysis.slopes import Slopes, by_values, chosen_parameters
from hpcfit.data.table.rows import columns_of_condition, select_rows
from hpcfit.errors import KernelError, RunError
from hpcfit.parallel.agree import agreement, from_root
from hpcfit.parallel.communicator import Communicator
from hpcfit.suggest import suggestion
from hpcfit.workflow.reopen import Reopened
from hpcfit.workflow.table.prepare import PreparedTable, TableShare, share_rows
from hpcfit.workflow.table.table_data import TableData

IntArray = NDArray[np.int64]


def of_table(
    comm: Communicator,
    reopened: Reopened,
    prepared: PreparedTable,
    choice: Choice,
    chosen: list[int],
    progress: Progress | None,
) -> Sensitivity | None:
    with agreement(comm):
        refuse(reopened.name, "a table", configuration=choice.configurations, tag=choice.tags)
        outputs = list(prepared.plan.resolved.job.data.y)
        wanted = places(reopened.name, "output", choice.quantities, outputs)
    data, share = _part(comm, prepared, reopened.name, choice.test)
    rows = from_root(comm, lambda: _rows(reopened.name, prepared, data, choice.rows))
    model, theta = prepared.model, reopened.theta
    check_amount(reopened.name, len(rows) * len(wanted) * len(chosen), "--row")
    values = model.parameters.values(theta)
    first = int(share.bounds[share.ranges[comm.rank]])
    chunks = range(int(share.ranges[comm.rank]), int(share.ranges[comm.rank + 1]))
    parts = [Slopes.empty(len(chosen))]
    with agreement(comm):
        for done, c in enumerate(chunks, start=1):
            begin, end = int(share.bounds[c]), int(share.bounds[c + 1])
            own = rows[np.searchsorted(rows, begin) : np.searchsorted(rows, end)]
            if len(own):
                # Whole chunks, which are the same on any number of ranks, and so are their bits.
                found = model.compiled.predict_jacobian(share.data.part(begin - first, end - first), values)
                found = found[:, wanted][:, :, own - begin]
                slopes = by_values(model.parameters, theta, found[:-1].reshape(len(found) - 1, -1))
                slopes = slopes.reshape(-1, len(wanted), len(own))[chosen]
                parts.append(
                    Slopes(
                        np.repeat(own, len(wanted)),
                        np.tile(wanted, len(own)),
                        found[-1].T.ravel(),
                        slopes.transpose(2, 1, 0).reshape(-1, len(chosen)),
                    )
                )
            if progress is not None:
                progress(done, len(chunks))
    gathered = comm.gather(Slopes.joined(parts))
    if gathered is None:
        return None
    whole = Slopes.joined(gathered)
    assert data is not None
    assert prepared.plan.resolved.model is not None
    labels, numbers = chosen_parameters(reopened, chosen)
    names = [str(line) for line in data.columns.line[whole.owner].tolist()]
    shown = [outputs[place] for place in whole.place.tolist()]
    return Sensitivity(
        table=prepared.plan.resolved.job.data.table,
        names=tuple(names),
        predictions=tuple(shown),
        quantities=tuple(shown),
        inputs={x: data.columns.numbers[x][whole.owner] for x in prepared.plan.resolved.model.x},
        labels=labels,
        values=numbers,
        predicted=whole.predicted,
        derivative=whole.derivative,
        test=choice.test,
    )


def _part(
    comm: Communicator, prepared: PreparedTable, name: str, test: bool
) -> tuple[TableData | None, TableShare]:
    """The rows that were fitted, or those that were held out: all on rank 0, and this rank's share."""
    plan = prepared.plan
    if not test:
        return plan.data, prepared.share
    if plan.test is None:
        raise nothing_held_out(name)
    return plan.test_data, share_rows(comm, plan, prepared.model, plan.test, plan.test_data)


def _rows(run: str, prepared: PreparedTable, data: TableData | None, conditions: Sequence[str]) -> IntArray:
    """Positions of the rows for which all conditions hold, on rank 0."""
    assert data is not None
    columns = data.columns
    called = prepared.plan.resolved.job.data.x
    marked = replace(columns, line=np.arange(len(columns)))
    for condition in conditions:
        try:
            numbers, texts = columns_of_condition(condition, called)
            for name in sorted(numbers | texts):
                if name not in (columns.numbers if name in numbers else columns.texts):
                    known = [*columns.numbers, *columns.texts]
                    raise RunError(
                        f"{run}: --row {condition!r}: the fit has no column {name}.{suggestion(name, known)}"
                    )
            marked = select_rows(marked, [condition], called)
        except KernelError as error:
            raise RunError(f"{run}: --row: {error}.") from error
    return marked.line
