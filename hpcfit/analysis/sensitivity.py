"""Derivatives of every prediction by every fitted parameter, for chosen configurations or rows."""

from __future__ import annotations

from hpcfit.analysis.choice import Choice, places, usual_names
from hpcfit.analysis.configuration_sensitivity import of_configurations
from hpcfit.analysis.influence import Progress
from hpcfit.analysis.sensitivity_report import Sensitivity
from hpcfit.analysis.table_sensitivity import of_table
from hpcfit.parallel.agree import agreement
from hpcfit.parallel.communicator import Communicator
from hpcfit.workflow.reopen import Reopened
from hpcfit.workflow.table.prepare import PreparedTable


def sensitivity(
    comm: Communicator, reopened: Reopened, choice: Choice | None = None, progress: Progress | None = None
) -> Sensitivity | None:
    """dy/dp at the parameters found; on rank 0, None elsewhere. Collective.

    Raises:
        RunError: a name that is not there, a choice that does not fit the run, too many numbers.
    """
    choice = Choice() if choice is None else choice
    prepared, parameters = reopened.prepared, reopened.parameters
    with agreement(comm):
        labels = [parameters.label(q) for q in parameters.free]
        chosen = places(reopened.name, "free parameter", usual_names(reopened, choice.parameters), labels)
    progress = progress if comm.is_root else None
    if isinstance(prepared, PreparedTable):
        return of_table(comm, reopened, prepared, choice, chosen, progress)
    return of_configurations(comm, reopened, prepared, choice, chosen, progress)
