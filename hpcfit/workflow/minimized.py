"""What a fit minimizes: the residuals of the data, with robust losses and priors if the job has any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpcfit.problem.loss import LossObjective
from hpcfit.problem.prior_objective import with_priors

if TYPE_CHECKING:
    from hpcfit.optimize.objective import Objective
    from hpcfit.workflow.steps import AnyPrepared


def minimized(prepared: AnyPrepared, data: Objective) -> Objective:
    """The objective that an optimizer sees.

    Args:
        data: that of the data, over all ranks.
    """
    return with_priors(LossObjective(data) if prepared.losses else data, prepared.model.parameters)
