"""Refits spread over groups of ranks: every group evaluates together, and its first rank optimizes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import HpcfitError
from hpcfit.parallel.agree import agreement
from hpcfit.parallel.groups import Groups, agreed
from hpcfit.parallel.interrupt import StopRequest
from hpcfit.parallel.objective import DistributedObjective, serve
from hpcfit.parallel.protocols import LocalObjective
from hpcfit.parallel.tasks import OwnTasks, Report, Tasks, TasksOfOthers
from hpcfit.parallel.times import ObjectiveTimes

IntArray = NDArray[np.int64]

#: called after each iteration of a task; True asks it to end
Watch = Callable[[], bool]


class Work(Protocol):
    """Tasks that are numbers; what is made of one depends on its number alone."""

    @property
    def ranges(self) -> IntArray:
        """First chunk of every rank of a group, and the end; see `partition`."""

    def local(self, task: int) -> LocalObjective:
        """The objective of this rank's chunks for a task; called on every rank of a group."""

    def solve(self, task: int, objective: DistributedObjective, watch: Watch) -> Any:
        """What is found, to be sent to rank 0; None if `watch` ended it. On the group's first rank."""


def spread(
    groups: Groups, work: Work, tasks: Iterable[int], request: StopRequest, report: Report
) -> tuple[bool, ObjectiveTimes]:
    """Do tasks, each by one group; collective over all ranks.

    Args:
        tasks: their numbers, on rank 0; not looked at elsewhere.
        report: called on rank 0 with each finished task and its record, in any order.

    Returns:
        Whether it was stopped, on rank 0 (elsewhere False); times of this group's evaluations.

    Raises:
        HpcfitError: on all ranks alike.
    """
    times = ObjectiveTimes()
    stopped = False
    with agreed(groups):
        if not groups.own.is_root:
            _follow(groups, work, request)
        elif groups.is_first:
            own = OwnTasks(groups, tasks, report)
            try:
                _lead(groups, work, own, request, times)
            except HpcfitError:
                own.finish(lambda: True)
                raise
            own.finish(lambda: bool(request))
            stopped = own.stopping
        else:
            _lead(groups, work, TasksOfOthers(groups), request, times)
    return stopped, times


def _lead(groups: Groups, work: Work, tasks: Tasks, request: StopRequest, times: ObjectiveTimes) -> None:
    comm = groups.own
    try:
        task = tasks.first()
        while task is not None:
            comm.bcast(task)
            with agreement(comm):
                local = work.local(task)
            with DistributedObjective(local, comm, work.ranges, request) as objective:
                objective.times = times
                record = work.solve(task, objective, _watch(tasks, objective))
            task = tasks.after(task, record)
    except HpcfitError:
        tasks.failed()
        raise
    comm.bcast(None)


def _watch(tasks: Tasks, objective: DistributedObjective) -> Watch:
    return lambda: tasks.look(objective.stop_requested)


def _follow(groups: Groups, work: Work, request: StopRequest) -> None:
    comm = groups.own
    while (task := comm.bcast(None)) is not None:
        with agreement(comm):
            local = work.local(task)
        serve(local, comm, work.ranges, request)
