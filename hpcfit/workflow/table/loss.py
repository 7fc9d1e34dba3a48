"""Robust losses of fits of tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hpcfit.job import Job
from hpcfit.job.loss_rules import by_target, loss_words
from hpcfit.output.loss_report import LossReport
from hpcfit.parallel.agree import agreement
from hpcfit.parallel.communicator import Communicator
from hpcfit.problem.loss import TargetLoss
from hpcfit.problem.robust_row_objective import RobustRowObjective
from hpcfit.workflow.robust import loss_report, target_losses

if TYPE_CHECKING:
    from hpcfit.workflow.table.prepare import PreparedTable

FloatArray = NDArray[np.float64]


def use_losses(comm: Communicator, job: Job, objective: RobustRowObjective) -> tuple[TargetLoss, ...]:
    """Give the objective the losses of the job, with scales for all ranks; collective.

    One loss for all outputs has one scale, also where it is estimated.

    Raises:
        JobError: a scale that cannot be estimated.
    """
    single = not by_target(job.loss)
    words = loss_words(job.loss, ("",) if single else tuple(job.data.y))
    with agreement(comm):
        residual = objective.residual(objective.parameters.start)
    _, output = objective.places()
    targets = np.zeros_like(output) if single else output
    losses = target_losses(comm, job.source, words, residual, targets)
    objective.use(losses * len(job.data.y) if single else losses)
    return losses


def table_losses(comm: Communicator, prepared: PreparedTable, theta: FloatArray) -> LossReport | None:
    """What the losses made of the table, on rank 0; None for least squares. Collective."""
    objective = prepared.objective
    if not isinstance(objective, RobustRowObjective):
        return None
    first = int(prepared.share.bounds[prepared.share.ranges[comm.rank]])
    names = list(prepared.plan.resolved.job.data.y)
    with agreement(comm):
        residual, scores = objective.residual(theta), objective.scores(theta)
    row, output = objective.places()
    targets = output if len(prepared.losses) > 1 else np.zeros_like(output)

    def place_of(k: int) -> tuple[int, int]:
        return first + int(row[k]), int(output[k])

    def name_of(place: tuple[int, int]) -> str:
        assert prepared.plan.data is not None  # rank 0 has it
        return f"{prepared.plan.data.columns.where(place[0])}, {names[place[1]]}"

    return loss_report(comm, prepared.losses, residual, targets, scores, row, place_of, name_of)
