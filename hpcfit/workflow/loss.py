"""Robust losses of fits of configurations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import ConfigurationBlock
from hpcfit.errors import JobError
from hpcfit.job import ResolvedJob
from hpcfit.job.loss_rules import by_target, loss_words
from hpcfit.output.loss_report import LossReport
from hpcfit.parallel.agree import agreement
from hpcfit.parallel.communicator import Communicator
from hpcfit.problem.local_objective import LocalObjective
from hpcfit.problem.loss import TargetLoss
from hpcfit.problem.row_names import row_name
from hpcfit.residuals import EnergyDifferences, ScaledDifference, VectorResidual
from hpcfit.workflow.robust import loss_report, target_losses

if TYPE_CHECKING:
    from hpcfit.workflow.prepare import Prepared

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_TARGETS = ("energy", "forces", "stress")


def use_losses(
    comm: Communicator,
    resolved: ResolvedJob,
    residual: Any,
    objective: LocalObjective,
    block: ConfigurationBlock,
) -> tuple[TargetLoss, ...]:
    """Give the objective the losses of the job, with scales for all ranks; collective.

    Raises:
        JobError: a loss for one target where residuals belong to none, or a scale that cannot be estimated.
    """
    source, section = resolved.job.source, resolved.job.loss
    names = loss_targets(resolved, residual)
    words = loss_words(section, names)
    with agreement(comm):
        found = objective.residual(objective.parameters.start)
        targets = _targets(objective, block, list(words))
    losses = target_losses(comm, source, words, found, targets)
    objective.use(targets, losses)
    return losses


def loss_targets(resolved: ResolvedJob, residual: Any) -> tuple[str, ...]:
    """The targets that have losses of their own; "" for one loss of all residuals.

    Raises:
        JobError: losses for targets where residuals belong to none.
    """
    job = resolved.job
    if not by_target(job.loss):
        return ("",)
    if isinstance(residual, EnergyDifferences | ScaledDifference | VectorResidual):
        return tuple(name for name in _TARGETS if getattr(job.targets, name))
    sentence = (
        f": what the function {job.residual.name} returns belongs to no target; give one loss for all of it, "
        "name and scale."
    )
    raise JobError(job.source.problem(("loss", next(iter(job.loss.options))), sentence).text)


def configuration_losses(comm: Communicator, prepared: Prepared, theta: FloatArray) -> LossReport | None:
    """What the losses made of the training data, on rank 0; None for least squares. Collective."""
    if not prepared.losses:
        return None
    objective, block = prepared.objective, prepared.share.block
    with agreement(comm):
        residual, scores = objective.residual(theta), objective.scores(theta)
    configuration, row = objective.origins()
    targets = _targets(objective, block, [each.target for each in prepared.losses])

    def name_of(k: int) -> str:
        c = int(configuration[k])
        what = f", {row_name(int(row[k]), int(block.natoms[c]))}" if row[k] >= 0 else ""
        return f"configuration {block.identifier[c]!r}{what}"

    return loss_report(comm, prepared.losses, residual, targets, scores, configuration, name_of, str)


def _targets(objective: LocalObjective, block: ConfigurationBlock, names: list[str]) -> IntArray:
    """The place of each residual's target among the names, shape (m,); 0 where one name is for all."""
    configuration, row = objective.origins()
    if names == [""]:
        return np.zeros(len(row), np.int64)
    forces = 1 + 3 * block.natoms[configuration]
    place = np.array([names.index(name) if name in names else -1 for name in _TARGETS])
    return np.asarray(place[np.where(row == 0, 0, np.where(row < forces, 1, 2))])
