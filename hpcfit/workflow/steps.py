"""The steps of a fit that differ between configurations and tables, under the same names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from hpcfit.output.loss_report import LossReport
    from hpcfit.output.result import Rmse
    from hpcfit.parallel.communicator import Communicator
    from hpcfit.workflow.plan import Plan
    from hpcfit.workflow.prepare import Prepared
    from hpcfit.workflow.table.plan import TablePlan
    from hpcfit.workflow.table.prepare import PreparedTable

    AnyPlan: TypeAlias = Plan | TablePlan
    AnyPrepared: TypeAlias = Prepared | PreparedTable

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Steps:
    """What is done with a plan; every step is collective.

    Attributes:
        prepare: read this rank's share, compile, build the objective.
        check_start: refuse initial values at which there is no residual.
        heading: what the run says before its first iteration.
        errors: root-mean-square errors at the end, on rank 0.
        losses: robust losses, and how many residuals are beyond their scales, on rank 0; before errors.
        warnings: what else the user must be told at the end.
    """

    prepare: Callable[[Communicator, Any], Any]
    check_start: Callable[[Communicator, Any], None]
    heading: Callable[[Communicator, Any], str]
    losses: Callable[[Communicator, Any, FloatArray], LossReport | None]
    errors: Callable[[Communicator, Any, FloatArray], Rmse]
    warnings: Callable[[Any, FloatArray], list[str]]


def steps_of(plan: AnyPlan) -> Steps:
    """The steps for a plan; what they need is imported here."""
    if plan.resolved.model is not None:
        from hpcfit.workflow.table import steps

        return steps.STEPS
    from hpcfit.workflow import errors, heading, loss, prepare, start

    return Steps(
        prepare.prepare,
        start.check_start,
        heading.heading,
        loss.configuration_losses,
        errors.configuration_errors,
        errors.configuration_warnings,
    )
