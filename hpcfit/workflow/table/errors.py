"""How far a fitted model is from the table, by output and by group."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.output.result import Errors
from hpcfit.parallel.agree import agreement
from hpcfit.parallel.communicator import Communicator
from hpcfit.workflow.table.prepare import PreparedTable, TableShare

FloatArray = NDArray[np.float64]


def table_errors(
    comm: Communicator, prepared: PreparedTable, share: TableShare, theta: FloatArray
) -> dict[str, Errors]:
    """Root-mean-square error of each output over all rows ("all") and in each group; {} but on rank 0.

    Args:
        share: this rank's rows, of the table to fit or of that to test with.
    """
    with agreement(comm):
        groups, own = _sums(prepared, share, comm.rank, theta)
    gathered = comm.gather((groups, own))
    if gathered is None:
        return {}
    labels, names = prepared.plan.train.labels, list(prepared.plan.resolved.job.data.y)
    sums = np.zeros((len(labels), len(names), 2))
    # Run after run in the order of the table, so that ranks make no difference.
    for of_rank, squares in gathered:
        for k, each in zip(of_rank.tolist(), squares, strict=True):
            sums[k] += each
    found = {"all": _rmse(names, sums.sum(axis=0))}
    if len(labels) > 1:
        found |= {label: _rmse(names, sums[k]) for k, label in enumerate(labels)}
    return found


def _sums(
    prepared: PreparedTable, share: TableShare, rank: int, theta: FloatArray
) -> tuple[NDArray[np.int64], FloatArray]:
    """Of each run of rows of one group in one chunk: the group, and each output's (squared error, count)."""
    compiled, data = prepared.model.compiled, share.data
    n = len(data)
    if not n:
        return np.empty(0, np.int64), np.empty((0, compiled.n_outputs, 2))
    predicted = compiled.predict(data, prepared.model.parameters.values(theta))
    counts = data.weight[:, :n] != 0.0
    squares = np.where(counts, (predicted - data.reference[:, :n]) ** 2, 0.0)
    chunks = share.bounds[share.ranges[rank] : share.ranges[rank + 1]]
    starts = np.union1d(chunks - chunks[0], np.flatnonzero(np.diff(data.group)) + 1)
    found = np.stack(
        [np.add.reduceat(squares, starts, axis=1), np.add.reduceat(counts.astype(float), starts, axis=1)]
    )
    return data.group[starts].astype(np.int64), found.transpose(2, 1, 0)


def _rmse(names: list[str], sums: FloatArray) -> Errors:
    return {
        name: float(np.sqrt(total / count)) if count else None
        for name, (total, count) in zip(names, sums.tolist(), strict=True)
    }
