"""From what the optimizer found to the result that is written: parameters, errors, times, provenance."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from hpcfit.output.amounts import Counts, Memory, Timing
from hpcfit.output.result import Result
from hpcfit.parallel.communicator import Communicator
from hpcfit.parallel.memory import peak_memories
from hpcfit.workflow.fit import Fitted
from hpcfit.workflow.fitted import (
    fitted_covariance,
    fitted_parameters,
    prior_loss,
    prior_warnings,
    tie_warnings,
)
from hpcfit.workflow.provenance import provenance
from hpcfit.workflow.robust import loss_warnings, with_errors
from hpcfit.workflow.steps import Steps

if TYPE_CHECKING:
    from hpcfit.workflow.steps import AnyPrepared


def make_result(
    comm: Communicator,
    steps: Steps,
    prepared: AnyPrepared,
    fitted: Fitted | None,
    fingerprint: Mapping[str, str],
    setup: float,
    started: float,
    world: Communicator | None = None,
) -> Result | None:
    """Evaluate the errors at the end of a fit and put everything together; collective.

    Args:
        steps: what is particular to this kind of fit.
        fitted: on rank 0; None elsewhere.
        setup: seconds before the first evaluation; `started` is when the run began (perf_counter).
        world: all ranks, where `comm` is a group of them.

    Returns:
        The result on rank 0, None elsewhere.
    """
    theta = comm.bcast(None if fitted is None else fitted.found.theta)
    assert theta is not None
    losses = steps.losses(comm, prepared, theta)
    rmse = steps.errors(comm, prepared, theta)
    predicted = comm.gather(prepared.memory)
    measured = peak_memories(comm)
    residuals = comm.gather(prepared.objective.n_residuals)
    if fitted is None or predicted is None or measured is None or residuals is None:
        return None
    found, parameters = with_errors(fitted.found, losses), prepared.model.parameters
    counts, covariance = found.counts, fitted_covariance(prepared, found)
    return Result(
        status=found.status,
        reason=found.reason,
        loss=0.5 * found.cost,
        prior_loss=prior_loss(parameters, found.theta),
        objective_history=[0.5 * float(cost) for cost in found.history],
        parameters=fitted_parameters(prepared, found),
        robust=losses,
        rmse=rmse,
        counts=Counts(
            counts.iterations,
            counts.residual_evaluations,
            counts.jacobian_evaluations,
            counts.curvature_evaluations,
            counts.rejected,
        ),
        timing=Timing(
            total=time.perf_counter() - started,
            setup=setup,
            optimizer=fitted.seconds,
            **fitted.times.totals(),
        ),
        memory=Memory(max(predicted), max(measured)),
        covariance=None if covariance is None else covariance.tolist(),
        null_directions=list(found.null_directions),
        warnings=[
            *tie_warnings(parameters, found.theta),
            *loss_warnings(losses),
            *prior_warnings(parameters, found, sum(residuals)),
            *steps.warnings(prepared, found.theta),
        ],
        starts=fitted.starts,
        provenance=provenance(comm if world is None else world, prepared),
        job=dict(fingerprint),
    )
