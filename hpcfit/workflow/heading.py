"""What a run says before its first iteration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hpcfit import __version__
from hpcfit.job import ResolvedJob
from hpcfit.kernels.model_facts import derivative_notes
from hpcfit.output.summary import shortened
from hpcfit.parallel.communicator import Communicator
from hpcfit.parallel.groups import Groups
from hpcfit.problem.parameters import ParameterSet
from hpcfit.suggest import counted
from hpcfit.workflow.data_plan import DataPlan
from hpcfit.workflow.devices import Devices
from hpcfit.workflow.mixed import share_line
from hpcfit.workflow.regularization import regularization_notes
from hpcfit.workflow.robust import loss_notes
from hpcfit.workflow.transfers import transfer_notes

if TYPE_CHECKING:
    from hpcfit.workflow.prepare import Prepared

#: ties that have a line each
_MOST_TIES = 20


def heading(comm: Communicator, prepared: Prepared) -> str:
    """Data, parameters, partition and memory; collective, the text is for rank 0."""
    plan, share = prepared.plan, prepared.share
    predicted = comm.allgather(prepared.memory)
    bonds = comm.allgather(float(share.work.bonds.sum()))
    train = plan.train
    free = prepared.model.parameters.labels
    lines = [
        *share_line(comm, prepared),
        f"train: {_amount(train)}{_neighbors(float(np.sum(bonds)) / train.n_atoms)} ({train.path})",
    ]
    if plan.test is not None:
        test = plan.test
        lines.append(f"test: {_amount(test)} ({test.path})")
    lines.append(f"{counted(len(free), 'free parameter')}: {', '.join(free)}")
    lines += [*parameter_notes(prepared.model.parameters), *loss_notes(prepared.losses)]
    lines += regularization_notes(plan.resolved.job, prepared.model.parameters)
    most = f"{max(predicted) / 2**20:.0f} MiB"
    lines.append(f"{counted(share.n_chunks, 'chunk')}; predicted memory per rank at most {most}")
    note = beyond_limit(plan.resolved, max(predicted))
    slow = [f"note: {each.slowness}" for each in plan.resolved.registry.plugins if each.slowness is not None]
    slow += transfer_notes(comm, prepared)
    differences = [f"note: {sentence}" for sentence in derivative_notes(prepared.model.compiled)]
    warned = [f"warning: {sentence}" for sentence in prepared.warnings]
    return "\n".join([*lines, *differences, *slow, *([note] if note else []), *warned])


def first_lines(groups: Groups, devices: Devices) -> str:
    """Versions, ranks and what they compute on, and how they are divided."""
    comm = groups.world
    library = f" ({comm.library})" if comm.library != "none" else ""
    ranks = counted(comm.size, "rank")
    lines = [f"hpcfit {__version__} on {ranks}{library}, {devices.words}", *devices.lines]
    if groups.count > 1:
        lines.append(f"{ranks} in {groups.count} groups, each with all data and its own fits")
    return "\n".join(lines)


def parameter_notes(parameters: ParameterSet) -> list[str]:
    """What is tied, and of what something is known; a line for each tie while there are few."""
    tied = [q for q in parameters.parameters if q.tie is not None]
    lines = []
    for q in tied if len(tied) <= _MOST_TIES else ():
        assert q.tie is not None
        rule = f" ({q.tie.mixing})" if q.tie.mixing is not None else ""
        lines.append(f"tied: {parameters.label(q)} = {shortened(q.tie.text)}, now {q.initial:.7g}{rule}")
    if len(tied) > _MOST_TIES:
        lines.append(f"tied: {len(tied)} parameters, {', '.join(parameters.label(q) for q in tied)}")
    known = [parameters.label(parameters.parameters[position]) for position, _ in parameters.priors]
    lines += [f"{counted(len(known), 'prior')}: {', '.join(known)}"] if known else []
    smooth = [each.label for each in parameters.smoothness]
    return [*lines, *([f"kept smooth: {', '.join(smooth)}"] if smooth else [])]


def _amount(plan: DataPlan) -> str:
    return f"{counted(len(plan.indices), 'configuration')}, {counted(plan.n_atoms, 'atom')}"


def _neighbors(each: float) -> str:
    """Of calculators, which find them themselves, nothing is known."""
    return f", {each:.1f} neighbours each" if each else ""


def beyond_limit(resolved: ResolvedJob, needed: int) -> str | None:
    """What to say when a rank needs more memory (bytes) than it should, with nothing kept any more."""
    limit = resolved.job.run.memory_limit
    if limit is None or needed <= limit:
        return None
    return (
        f"note: run.memory_limit is {limit / 2**20:.0f} MiB, but a rank needs at least "
        f"{needed / 2**20:.0f} MiB. Raise the limit, or use more ranks."
    )
