"""How far predictions at the end of a fit are from the references, and what the fit must be told of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.kernels.model_facts import derivative_notes
from hpcfit.output.result import Errors, Rmse
from hpcfit.parallel.communicator import Communicator
from hpcfit.problem.accuracy import UNITS
from hpcfit.problem.local_objective import LARGEST_STRETCH
from hpcfit.workflow.evaluate import errors_by_tag, keepers_of
from hpcfit.workflow.memory import model_needs, needs_for_test_set
from hpcfit.workflow.prepare import Prepared
from hpcfit.workflow.share import share_out

FloatArray = NDArray[np.float64]

#: a cutoff above this fraction of the largest allowed was kept from growing
_NEAR = 0.999


def configuration_errors(comm: Communicator, prepared: Prepared, theta: FloatArray) -> Rmse:
    """Root-mean-square errors of each target, on rank 0; collective. Lets go of what the fit kept."""
    plan, model = prepared.plan, prepared.model
    keepers = [group.keeper for group in prepared.objective.groups]
    train = errors_by_tag(comm, model, plan.train, keepers, theta)
    prepared.objective.release()
    test: dict[str, Errors] = {}
    if plan.test is not None:
        needs = needs_for_test_set(model_needs(plan.resolved, model), prepared.share.work.amounts)
        share = share_out(comm, plan.test, needs)
        test = errors_by_tag(comm, model, plan.test, keepers_of(model, share), theta)
    return Rmse.of(train, test, UNITS)


def configuration_warnings(prepared: Prepared, theta: FloatArray) -> list[str]:
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
