"""What `hpcfit check` tells of a job for a table."""

from __future__ import annotations

import numpy as np

from hpcfit.job import ResolvedJob
from hpcfit.job.loss_rules import is_robust
from hpcfit.kernels.rows.device.store import bytes_needed
from hpcfit.output.families import label_list
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.problem.memory import BASELINE
from hpcfit.suggest import counted
from hpcfit.workflow.begin import check_folder
from hpcfit.workflow.check_device import device_lines, wants_device
from hpcfit.workflow.devices import CONTEXT, CPU
from hpcfit.workflow.faults import Faults
from hpcfit.workflow.heading import beyond_limit, parameter_notes
from hpcfit.workflow.optimizer_rules import check_optimizer
from hpcfit.workflow.table.plan import TablePlan, model_input, plan_table
from hpcfit.workflow.table.prepare import (
    ALGEBRA,
    TableModel,
    build_table_model,
    check_amount,
    held,
    table_chunks,
    too_few,
)
from hpcfit.workflow.table.table_data import TableFacts, row_data

_MOST_LABELS = 8


def check_table(resolved: ResolvedJob, ranks: int, faults: Faults) -> list[str] | None:
    """What would be fitted, every number of the table read; None when there are faults."""
    faults.of(check_folder, resolved.job)
    plan = faults.of(plan_table, SerialCommunicator(), resolved)
    model = None if plan is None else faults.of(_model, plan)
    if plan is None or model is None or faults:
        return None
    return _description(plan, model, ranks)


def _model(plan: TablePlan) -> TableModel:
    model = build_table_model(plan, model_input(plan))
    check_amount(plan, model)
    check_optimizer(plan.resolved, model.parameters)
    return model


def _description(plan: TablePlan, model: TableModel, ranks: int) -> list[str]:
    parameters, compiled, form = model.parameters, model.compiled, plan.resolved.model
    assert form is not None
    lines = _table_lines("train", plan.train)
    if plan.test is not None:
        lines += _table_lines("test", plan.test)
    units = plan.train.units
    named = [f"{name} ({units[name]})" if units.get(name) else name for name in (*form.y, *form.x)]
    inputs = f" of {', '.join(named[len(form.y) :])}" if form.x else ""
    lines.append(f"columns        {', '.join(named[: len(form.y)])}{inputs}")
    lines.append(f"model          {form.form.name}")
    free = parameters.labels
    lines.append(f"parameters     {len(parameters.parameters)}, {len(free)} free: {label_list(free)}")
    lines += [f"{'':14} {note}" for note in parameter_notes(parameters)]
    lines += plan.start.notes
    devices, told = device_lines(plan.resolved, ranks)
    on_device = devices.kind != CPU or wants_device(plan.resolved)
    bounds = table_chunks(plan, compiled, plan.train.rows, on_device=on_device)
    own = 8.0 * (len(form.x) + 2 * compiled.n_outputs) * plan.train.rows / ranks
    folded = 8.0 * (compiled.n_columns + 1) ** 2 * (ALGEBRA + np.ceil((len(bounds) - 1) / ranks))
    memory = BASELINE + own + folded
    reading = held(plan.data)
    limit = beyond_limit(plan.resolved, int(memory + reading))
    assert plan.data is not None
    residuals = row_data(plan.resolved.job, form, plan.data.columns, plan.data.group).n_residuals
    return [
        *lines,
        *told,
        f"chunks         {len(bounds) - 1}; more ranks than this have nothing to do",
        f"memory         about {memory / 2**20:.0f} MiB per rank on {counted(ranks, 'rank')}, and "
        f"{reading / 2**20:.0f} MiB more on the first one, which reads the table",
        *(_device_memory(plan, model, ranks) if on_device else []),
        *([] if limit is None else [limit]),
        *(f"warning: {sentence}" for sentence in too_few(len(free), residuals)),
    ]


def _device_memory(plan: TablePlan, model: TableModel, ranks: int) -> list[str]:
    """What a rank needs of its device's memory, if all of its rows stay there."""
    if is_robust(plan.resolved.job.loss):
        return ["device memory  none: robust losses of tables are computed on the CPU"]
    assert plan.resolved.model is not None
    inputs, compiled = len(plan.resolved.model.x), model.compiled
    rows = plan.train.rows / ranks
    data, working = bytes_needed(rows, inputs, compiled.n_outputs, compiled.n_columns + 1)
    return [
        f"device memory  about {(data + working + CONTEXT) / 2**20:.0f} MiB per rank on "
        f"{counted(ranks, 'rank')}: rows {data / 2**20:.0f} MiB, while computing {working / 2**20:.0f} MiB, "
        f"CUDA {CONTEXT / 2**20:.0f} MiB"
    ]


def _table_lines(kind: str, facts: TableFacts) -> list[str]:
    lines = [f"{kind:14} {facts.path}: {counted(facts.rows, 'row')}"]
    if facts.labels != ("",):
        more = ", ..." if len(facts.labels) > _MOST_LABELS else ""
        shown = ", ".join(facts.labels[:_MOST_LABELS])
        lines.append(f"{'':14} {counted(len(facts.labels), 'group')}: {shown}{more}")
    return lines + [f"{'':14} {note}" for note in facts.notes]
