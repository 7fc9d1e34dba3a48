"""The steps of a fit of a table."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.output.result import Errors, Rmse
from hpcfit.parallel.communicator import Communicator
from hpcfit.workflow.steps import Steps
from hpcfit.workflow.table.errors import table_errors
from hpcfit.workflow.table.heading import table_heading
from hpcfit.workflow.table.loss import table_losses
from hpcfit.workflow.table.prepare import PreparedTable, prepare_table, share_rows
from hpcfit.workflow.table.start import check_table_start

FloatArray = NDArray[np.float64]


def _errors(comm: Communicator, prepared: PreparedTable, theta: FloatArray) -> Rmse:
    plan = prepared.plan
    train = table_errors(comm, prepared, prepared.share, theta)
    test: dict[str, Errors] = {}
    if plan.test is not None:
        share = share_rows(comm, plan, prepared.model, plan.test, plan.test_data)
        test = table_errors(comm, prepared, share, theta)
    return Rmse.of(train, test, {name: plan.train.units.get(column, "") for name, column in _y(prepared)})


def _y(prepared: PreparedTable) -> list[tuple[str, str]]:
    return list(prepared.plan.resolved.job.data.y.items())


def _warnings(prepared: PreparedTable, theta: FloatArray) -> list[str]:
    return []


STEPS = Steps(prepare_table, check_table_start, table_heading, table_losses, _errors, _warnings)
