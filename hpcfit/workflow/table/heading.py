"""What a fit of a table says before its first iteration."""

from __future__ import annotations

from hpcfit.output.families import label_list
from hpcfit.parallel.communicator import Communicator
from hpcfit.suggest import counted
from hpcfit.workflow.devices import CPU
from hpcfit.workflow.heading import beyond_limit, parameter_notes
from hpcfit.workflow.mixed import share_line
from hpcfit.workflow.regularization import regularization_notes
from hpcfit.workflow.robust import loss_notes
from hpcfit.workflow.table.prepare import PreparedTable
from hpcfit.workflow.table.table_data import TableFacts
from hpcfit.workflow.transfers import library_notes

_ROBUST = "note: robust losses of tables are computed on the CPU, and so is all else of this fit"


def table_heading(comm: Communicator, prepared: PreparedTable) -> str:
    """Table, parameters, partition and memory; collective, the text is for rank 0."""
    plan, parameters = prepared.plan, prepared.model.parameters
    memory = max(comm.allgather(prepared.memory))
    residuals = sum(comm.allgather(prepared.objective.n_residuals))
    chunks = len(prepared.share.bounds) - 1
    limit = beyond_limit(plan.resolved, memory)
    device = None if prepared.losses else plan.devices.own
    lines = [
        *share_line(comm, prepared),
        f"table: {_amount(plan.train)}, {counted(residuals, 'residual')} ({plan.train.path})",
        *([f"test: {_amount(plan.test)} ({plan.test.path})"] if plan.test is not None else []),
        f"{counted(len(parameters.free), 'free parameter')}: {label_list(parameters.labels)}",
        *parameter_notes(parameters),
        *loss_notes(prepared.losses),
        *([_ROBUST] if prepared.losses and plan.devices.kind != CPU else []),
        *library_notes(device, prepared.model.compiled.n_columns + 1),
        *regularization_notes(plan.resolved.job, parameters),
        f"{counted(chunks, 'chunk')}; predicted memory per rank at most {memory / 2**20:.0f} MiB",
        *([] if limit is None else [limit]),
        *(f"note: {note}" for note in plan.train.notes),
        *(f"warning: {sentence}" for sentence in prepared.warnings),
    ]
    return "\n".join(lines)


def _amount(facts: TableFacts) -> str:
    groups = f" in {counted(len(facts.labels), 'group')}" if facts.labels != ("",) else ""
    return f"{counted(facts.rows, 'row')}{groups}"
