"""From what the optimizer found to the result that is written: parameters, errors, times, provenance."""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hpcfit.kernels.model_facts import derivative_notes
from hpcfit.output.result import Counts, Errors, Memory, Result, Rmse, Timing
from hpcfit.parallel.communicator import Communicator
from hpcfit.parallel.memory import peak_memories
from hpcfit.problem.accuracy import UNITS
from hpcfit.problem.local_objective import LARGEST_STRETCH
from hpcfit.workflow.evaluate import errors_by_tag, keepers_of
from hpcfit.workflow.fit import Fitted
from hpcfit.workflow.fitted import (
    fitted_covariance,
    fitted_parameters,
    prior_loss,
    prior_warnings,
    tie_warnings,
)
from hpcfit.workflow.memory import model_needs, needs_for_test_set
from hpcfit.workflow.prepare import Prepared
from hpcfit.workflow.provenance import provenance
from hpcfit.workflow.share import share_out

FloatArray = NDArray[np.float64]

#: a cutoff above this fraction of the largest allowed was kept from growing
_NEAR = 0.999


def make_result(
    comm: Communicator,
    prepared: Prepared,
    fitted: Fitted | None,
    fingerprint: Mapping[str, str],
    setup: float,
    started: float,
) -> Result | None:
    """Evaluate the errors at the end of a fit and put everything together; collective.

    Args:
        fitted: on rank 0; None elsewhere.
        setup: seconds before the first evaluation; `started` is when the run began (perf_counter).

    Returns:
        The result on rank 0, None elsewhere.
    """
    theta = comm.bcast(None if fitted is None else fitted.found.theta)
    assert theta is not None
    rmse = _errors(comm, prepared, theta)
    predicted = comm.gather(prepared.memory)
    measured = peak_memories(comm)
    residuals = comm.gather(prepared.objective.n_residuals)
    if fitted is None or predicted is None or measured is None or residuals is None:
        return None
    found, parameters = fitted.found, prepared.model.parameters
    counts, covariance = found.counts, fitted_covariance(prepared, found)
    return Result(
        status=found.status,
        reason=found.reason,
        loss=0.5 * found.cost,
        prior_loss=prior_loss(parameters, found.theta),
        objective_history=[0.5 * float(cost) for cost in found.history],
        parameters=fitted_parameters(prepared, found),
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
            *prior_warnings(parameters, found, sum(residuals)),
            *_warnings(prepared, found.theta),
        ],
        provenance=provenance(comm, prepared),
        job=dict(fingerprint),
    )


def _errors(comm: Communicator, prepared: Prepared, theta: FloatArray) -> Rmse:
    plan, model = prepared.plan, prepared.model
    keepers = [group.keeper for group in prepared.objective.groups]
    train = errors_by_tag(comm, model, plan.train, keepers, theta)
    prepared.objective.release()
    test: dict[str, Errors] = {}
    if plan.test is not None:
        needs = needs_for_test_set(model_needs(plan.resolved, model), prepared.share.work.amounts)
        share = share_out(comm, plan.test, needs)
        test = errors_by_tag(comm, model, plan.test, keepers_of(model, share), theta)
    by_tag = {
        name: {tag: errors for tag, errors in table.items() if tag != "all"}
        for name, table in (("train", train), ("test", test))
    }
    return Rmse(
        train=train.get("all", {}),
        test=test.get("all", {}),
        by_tag={name: tags for name, tags in by_tag.items() if tags},
        units=dict(UNITS),
    )


def _warnings(prepared: Prepared, theta: FloatArray) -> list[str]:
    """Derivatives that are not exact; what kept the fit from going further that its reason cannot tell."""
    model, largest = prepared.model, prepared.objective.largest_cutoff
    notes = derivative_notes(model.compiled)
    if not model.moving or model.compiled.cutoff(model.parameters.values(theta)) < _NEAR * largest:
        return notes
    return [
        *notes,
        f"The cutoff grew from {largest / LARGEST_STRETCH:.4g} to {largest:.4g} angstrom, as far as one run "
        "allows. Start another one from the values found here, or bound the parameters it depends on.",
    ]
