"""Everything between a planned table and the first evaluation, on every rank."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import JobError
from hpcfit.formula.row_form import RowForm
from hpcfit.job.loss_rules import is_robust
from hpcfit.kernels.rows.compile import compiled_rows
from hpcfit.kernels.rows.model import AnyRowModel
from hpcfit.kernels.rows.row_data import RowData
from hpcfit.parallel.agree import agreement
from hpcfit.parallel.communicator import Communicator
from hpcfit.parallel.partition import partition
from hpcfit.parallel.tree import load_merging
from hpcfit.problem.loss import TargetLoss
from hpcfit.problem.memory import BASELINE, machine_memory
from hpcfit.problem.parameters import ParameterSet, PotentialInput, build_parameters
from hpcfit.problem.robust_row_objective import RobustRowObjective
from hpcfit.problem.row_chunks import row_chunk_bounds
from hpcfit.problem.row_objective import RowObjective
from hpcfit.suggest import counted
from hpcfit.workflow.devices import CPU
from hpcfit.workflow.optimizer_rules import check_optimizer
from hpcfit.workflow.regularization import regularized
from hpcfit.workflow.table.balance import balanced_rows
from hpcfit.workflow.table.loss import use_losses
from hpcfit.workflow.table.plan import TablePlan, model_input
from hpcfit.workflow.table.table_data import TableData, TableFacts

IntArray = NDArray[np.int64]

#: matrices of the size of a triangle that an optimizer's step needs, on rank 0
ALGEBRA = 10


@dataclass(frozen=True)
class TableModel:
    """What is fitted to a table."""

    compiled: AnyRowModel
    parameters: ParameterSet


@dataclass(frozen=True)
class TableShare:
    """This rank's rows.

    Attributes:
        bounds: first row of every chunk of all ranks, and the end.
        ranges: first chunk of every rank, and the end.
        data: the rows of this rank.
    """

    bounds: IntArray
    ranges: IntArray
    data: RowData

    @property
    def amount(self) -> float:
        """Of work, in rows."""
        return float(len(self.data))


@dataclass(frozen=True)
class PreparedTable:
    """A fit of a table ready to start; what it shares with `workflow.prepare.Prepared` has the same names."""

    plan: TablePlan
    model: TableModel
    potentials: tuple[PotentialInput, ...]
    share: TableShare
    objective: RowObjective | RobustRowObjective
    memory: int
    warnings: tuple[str, ...] = ()
    losses: tuple[TargetLoss, ...] = ()


def prepare_table(comm: Communicator, plan: TablePlan) -> PreparedTable:
    """Build the model, give each rank its rows, and compile.

    Raises:
        HpcfitError: on all ranks alike.
    """
    with agreement(comm):
        made = model_input(plan)
        model = build_table_model(plan, made)
        check_amount(plan, model)
        check_algebra(plan, model)
        check_optimizer(plan.resolved, model.parameters)
    share = share_rows(comm, plan, model, plan.train, plan.data)
    with agreement(comm):
        model.compiled.load_kernels()
        load_merging()
        own = share.bounds[share.ranges[comm.rank] : share.ranges[comm.rank + 1] + 1]
        objective = _objective(plan, model, share.data, own - own[0])
    losses: tuple[TargetLoss, ...] = ()
    if isinstance(objective, RobustRowObjective):
        losses = use_losses(comm, plan.resolved.job, objective)
    memory = _memory(share, model, comm.rank) + held(plan.data)
    warnings = too_few(len(model.parameters.free), sum(comm.allgather(objective.n_residuals)))
    return PreparedTable(plan, model, (made,), share, objective, memory, warnings, losses)


def held(data: TableData | None) -> int:
    """Bytes of the whole table where it was read, and of as much again while it is made ready."""
    if data is None:
        return 0
    columns = data.columns
    arrays = [*columns.numbers.values(), *columns.texts.values(), columns.line, data.group]
    return 2 * sum(each.nbytes for each in arrays)


def too_few(parameters: int, residuals: int) -> tuple[str, ...]:
    """What to say of more parameters than residuals."""
    if parameters <= residuals:
        return ()
    return (
        f"{parameters} free parameters are more than the {counted(residuals, 'residual')}, which cannot "
        "determine them all. The result names the directions that are left; fix parameters, or add rows.",
    )


def _objective(
    plan: TablePlan, model: TableModel, data: RowData, bounds: IntArray
) -> RowObjective | RobustRowObjective:
    if not is_robust(plan.resolved.job.loss):
        return RowObjective(model.compiled, model.parameters, data, bounds)
    losses = [TargetLoss(name) for name in plan.resolved.job.data.y]
    return RobustRowObjective(model.compiled, model.parameters, data, bounds, losses)


def build_table_model(plan: TablePlan, made: PotentialInput) -> TableModel:
    """Parameters, and the kernels that are compiled when they are needed.

    Raises:
        JobError: a parameter without a value, or outside its bounds; each with its line.
    """
    job = plan.resolved.job
    try:
        found = build_parameters([made])
    except JobError as error:
        raise JobError([job.source.placed(each, ("model",)).text for each in error.problems]) from None
    parameters = regularized(job, found)
    columns = parameters.columns
    active = np.flatnonzero(columns >= 0)
    form = made.bound.formula
    assert isinstance(form, RowForm)
    compiled = compiled_rows(
        form,
        made.bound.species,
        active.tolist(),
        columns[active].tolist(),
        rows=plan.train.rows,
        device=None if is_robust(job.loss) else plan.devices.own,
    )
    return TableModel(compiled, parameters)


def share_rows(
    comm: Communicator, plan: TablePlan, model: TableModel, facts: TableFacts, data: TableData | None
) -> TableShare:
    """Spread the rows that rank 0 holds over all ranks."""
    compiled = model.compiled
    bounds = table_chunks(plan, compiled, facts.rows, on_device=plan.devices.kind != CPU)
    known = plan.pace.known_ranges(comm.size, len(bounds) - 1)
    if known is None:
        rows = np.diff(bounds).astype(np.float64)
        known = partition(rows, comm.size, plan.pace.speeds_of(comm.size))
    ranges = known
    ends = bounds[ranges]
    if not comm.is_root:
        received = comm.receive(0)
        assert isinstance(received, RowData)
        return TableShare(bounds, ranges, received)
    assert data is not None
    assert plan.resolved.model is not None
    parts = (
        balanced_rows(plan.resolved.job, plan.resolved.model, data, slice(a, b))
        for a, b in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)
    )
    own = next(parts)
    for rank, part in enumerate(parts, start=1):
        comm.send(part, rank)
    return TableShare(bounds, ranges, own)


def table_chunks(plan: TablePlan, compiled: AnyRowModel, rows: int, *, on_device: bool) -> IntArray:
    """First row of every chunk and the end.

    Args:
        on_device: some rank has a device. Robust losses have no use for it.
    """
    large = on_device and not is_robust(plan.resolved.job.loss)
    return row_chunk_bounds(rows, compiled.n_outputs, compiled.n_columns, on_device=large)


def check_algebra(plan: TablePlan, model: TableModel) -> None:
    """The triangles of very many parameters must find room in this machine.

    Raises:
        JobError: they do not.
    """
    free = len(model.parameters.free)
    needed = ALGEBRA * 8.0 * (free + 1) ** 2
    if needed > (there := machine_memory()):
        sentence = (
            f": {free} free parameters need {needed / 2**30:.0f} GiB for what is kept of the Jacobian, and "
            f"this machine has {there / 2**30:.0f} GiB. Fit fewer of them, or give fewer units."
        )
        raise JobError(plan.resolved.job.source.problem(("model",), sentence).text)


def check_amount(plan: TablePlan, model: TableModel) -> None:
    """Something must be fitted.

    Raises:
        JobError: nothing is.
    """
    if not model.parameters.free:
        source = plan.resolved.job.source
        names = [spec.name for spec in model.parameters.parameters]
        advice = f" Free one by a table, such as {names[0]} = {{ initial = 1.0 }}." if names else ""
        sentence = f": every parameter is fixed, nothing is fitted.{advice}"
        raise JobError(source.problem(("model", "parameters"), sentence).text)


def _memory(share: TableShare, model: TableModel, rank: int) -> int:
    """Bytes that this rank is expected to hold at most."""
    data, width = share.data, model.compiled.n_columns + 1
    rows = 8 * (data.inputs.size + data.reference.size + data.weight.size) + 4 * len(data)
    chunks = int(share.ranges[rank + 1] - share.ranges[rank])
    largest = int(np.diff(share.bounds).max(initial=0)) * model.compiled.n_outputs
    triangles = chunks + (ALGEBRA if rank == 0 else 0)
    return BASELINE + rows + 8 * width * (triangles * width + largest)
