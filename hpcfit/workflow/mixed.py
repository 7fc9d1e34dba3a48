"""Ranks that are not alike: how fast each kind is, measured, and the chunks spread by that.

A chunk has other last digits on a GPU than on a processor. For given shares the fit is the same every
time; the shares come from measured times, so they are recorded, and a run that goes on has them again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from hpcfit.output.folder import RunFolder
from hpcfit.output.spread_record import SpreadRecord
from hpcfit.parallel.agree import agreement, from_root
from hpcfit.parallel.communicator import Communicator
from hpcfit.parallel.groups import Groups
from hpcfit.parallel.pace import Pace, paces

if TYPE_CHECKING:
    from hpcfit.workflow.steps import AnyPlan, AnyPrepared

#: shares are measured and spread anew at most so often: a small share may say little of a fast device
_ROUNDS = 2
#: no new shares for so small a gain
_WORTH = 0.1


def recorded_pace(groups: Groups, plan: AnyPlan, folder: RunFolder) -> Pace:
    """The shares that ranks on the same devices had in an earlier part of this run; collective."""
    kinds, count = plan.devices.kinds, groups.count
    record = from_root(groups.world, lambda: SpreadRecord.load(folder.spread))
    if record is None or not record.holds_for(kinds, count):
        return Pace()
    return Pace(ranges=tuple(record.ranges[groups.number]))


def prepare_mixed(
    comm: Communicator, plan: AnyPlan, prepare: Callable[[Communicator, AnyPlan], AnyPrepared]
) -> AnyPrepared:
    """Prepare a plan; if the ranks are not alike, try how fast they are, and prepare it anew for that.

    Args:
        comm: a group of ranks.
        prepare: collective over it.
    """
    prepared = prepare(comm, plan)
    kinds = comm.allgather(plan.devices.own_kind)
    if len(set(kinds)) == 1 or _goes_on(prepared):
        return prepared
    for _ in range(_ROUNDS):
        work, seconds = _trial(comm, prepared)
        times = np.array(comm.allgather(seconds))
        if times.max() <= (1.0 + _WORTH) * times.mean():
            break
        before = prepared.plan.pace.speeds
        pace = Pace(paces(kinds, comm.allgather(work), times.tolist(), before))
        ranges = prepared.share.ranges
        del prepared  # there may be no room for two
        prepared = prepare(comm, replace(plan, pace=pace))
        if (prepared.share.ranges == ranges).all():
            break
    return prepared


def record_spread(groups: Groups, prepared: AnyPrepared, folder: RunFolder) -> None:
    """Keep the shares of ranks that are not alike; collective."""
    own = prepared.share.ranges.tolist() if groups.own.is_root else None
    everyone = groups.world.gather(own)
    kinds = prepared.plan.devices.kinds
    if everyone is None or len(set(kinds)) == 1:
        return
    with folder.writing():
        SpreadRecord(kinds, [each for each in everyone if each is not None]).save(folder.spread)


def share_line(comm: Communicator, prepared: AnyPrepared) -> list[str]:
    """Who does how much, where ranks are not alike; collective, for rank 0."""
    own = (prepared.plan.devices.own_kind, work_of(prepared))
    everyone = comm.allgather(own)
    total = sum(work for _, work in everyone)
    kinds = dict.fromkeys(kind for kind, _ in everyone)
    if len(kinds) == 1 or not total:
        return []
    shares = [
        f"{100.0 * sum(work for kind, work in everyone if kind == each) / total:.1f} % on {each}"
        for each in kinds
    ]
    how = "as before" if prepared.plan.pace.ranges else "by measured speed"
    return [f"work {how}: {', '.join(shares)}"]


def work_of(prepared: AnyPrepared) -> float:
    """What this rank has to do for one evaluation, in units that are the same on all ranks."""
    return float(prepared.share.amount)


def _goes_on(prepared: AnyPrepared) -> bool:
    """Whether the shares are those of an earlier part of the run."""
    before = prepared.plan.pace.ranges
    return bool(before) and prepared.share.ranges.tolist() == list(before)


def _trial(comm: Communicator, prepared: AnyPrepared) -> tuple[float, float]:
    """This rank's work, and the seconds of one evaluation of it; collective."""
    start = prepared.model.parameters.start
    with agreement(comm):
        prepared.objective.linearize(start)  # compiles, and moves data to the device
    # Ranks that share a device or a memory are to be in each other's way, as they will be.
    comm.barrier()
    with agreement(comm):
        begin = time.perf_counter()
        prepared.objective.linearize(start)
        seconds = time.perf_counter() - begin
    return work_of(prepared), seconds
