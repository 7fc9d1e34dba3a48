"""What pictures need besides the run folder: its job, the data of that, and predictions for them."""

from __future__ import annotations

from typing import Any

from hpcfit.parallel.agree import from_root
from hpcfit.parallel.communicator import Communicator
from hpcfit.plot.compare import compare_configurations, compare_table
from hpcfit.plot.run import FinishedRun
from hpcfit.plot.table_fit import TableFit, table_fit
from hpcfit.workflow.reopen import planned_again
from hpcfit.workflow.run_source import read_run
from hpcfit.workflow.table.plan import TablePlan


def material_of(comm: Communicator, run: FinishedRun) -> tuple[dict[str, Any], dict[str, str]]:
    """On rank 0 "data" and, of a table, "table"; why one is missing, by the same names. Collective.

    Raises:
        HpcfitError: on all ranks alike: data that are gone or were changed, predictions that fail.
    """
    source = from_root(comm, lambda: read_run(run.path))
    plan = planned_again(comm, source, str(run.path))
    if not isinstance(plan, TablePlan):
        targets = compare_configurations(comm, source, plan)
        reason = f"{run.path}: curves are drawn of tables, and this run has fitted configurations."
        return {"data": targets}, {"table": reason}
    made: list[TableFit] = []
    found: dict[str, Any] = {}

    def compare() -> None:
        made.append(table_fit(str(run.path), plan, run.result))
        found.update(table=made[0], data=compare_table(made[0]))

    from_root(comm, compare)
    return found, {}
