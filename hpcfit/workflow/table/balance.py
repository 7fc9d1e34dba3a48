"""Weights by which every group of a table has the same influence, however many rows it has."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import DataError
from hpcfit.job import Job
from hpcfit.job.row_model import RowInput
from hpcfit.kernels.rows.row_data import RowData
from hpcfit.workflow.table.table_data import TableData, row_data

FloatArray = NDArray[np.float64]


def balanced(job: Job, model: RowInput, data: TableData) -> TableData:
    """The table with factors for its groups, if the job wants them to count alike.

    Raises:
        DataError: all weights of a group are 0.
    """
    if not job.data.balance:
        return data
    rows = row_data(job, model, data.columns, data.group)
    return replace(data, factors=group_factors(data, rows))


def balanced_rows(job: Job, model: RowInput, data: TableData, rows: slice) -> RowData:
    """Some rows as kernels read them, weighed by the factors of their groups."""
    group = data.group[rows]
    found = row_data(job, model, data.columns.part(rows), group)
    if data.factors is None:
        return found
    found.weight[:, : len(group)] *= data.factors[group]
    return found


def group_factors(data: TableData, rows: RowData) -> FloatArray:
    """What the weights of each group are multiplied by, shape (groups,).

    The influence of a group is the sum of its squared weights, of all outputs: what it adds to twice the loss
    when every residual is off by 1 before weighing. That of all groups together stays what it is. It is the
    same as what the weights `balance` do for tags.

    Args:
        rows: all of the table.

    Raises:
        DataError: all weights of a group are 0.
    """
    squares = rows.weight[:, : len(rows)] ** 2
    labels = data.facts.labels
    ends = np.searchsorted(data.group, np.arange(len(labels) + 1)).tolist()
    influence = [float(squares[:, first:last].sum()) for first, last in itertools.pairwise(ends)]
    idle = [label for label, own in zip(labels, influence, strict=True) if not own > 0.0]
    if idle:
        raise DataError(
            f"{data.facts.path}: no row of the group {idle[0]!r} has a weight above 0, so it cannot "
            "be given the influence of the others; leave it out by data.rows."
        )
    unit = math.fsum(influence) / len(influence)
    return np.sqrt(unit / np.array(influence))
