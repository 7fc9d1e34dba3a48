"""How many groups of ranks a job makes, and its data in each of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hpcfit.errors import JobError
from hpcfit.job import Job, ResolvedJob
from hpcfit.parallel.groups import Groups
from hpcfit.suggest import counted

if TYPE_CHECKING:
    from hpcfit.workflow.steps import AnyPlan


def fits_of(resolved: ResolvedJob) -> int:
    """How many fits a run makes that do not depend on each other."""
    return 1 if resolved.inner is None else int(resolved.optimizer_options.starts)


def number_of_groups(job: Job, ranks: int, tasks: int) -> int:
    """As many as run.groups says, or as there are ranks, or tasks if those are fewer.

    Raises:
        JobError: more than ranks.
    """
    wanted, are = job.run.groups, "is" if ranks == 1 else "are"
    if tasks <= 1:
        return 1
    if wanted is None:
        return max(1, min(ranks, tasks))
    if wanted > ranks:
        sentence = (
            f": {wanted} groups need at least {wanted} ranks, and there {are} {counted(ranks, 'rank')}. "
            "Start more by mpirun, give fewer groups, or leave it out for as many as are of use."
        )
        raise JobError(job.source.problem(("run", "groups"), sentence).text)
    return min(wanted, tasks)


def plan_for_group(groups: Groups, plan: AnyPlan) -> AnyPlan:
    """The plan, with a table that rank 0 has read on the first rank of every group; collective."""
    if groups.count == 1 or plan.resolved.model is None:
        return plan
    from hpcfit.workflow.table.plan import TablePlan

    assert isinstance(plan, TablePlan)
    world = groups.world
    if world.is_root:
        for rank in groups.heads[1:]:
            world.send((plan.data, plan.test_data), rank)
        return plan
    if not groups.own.is_root:
        return plan
    received: Any = world.receive(0)
    return replace(plan, data=received[0], test_data=received[1])
