"""What a job asks for, known before anything big is read or imported: the same on all ranks."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hpcfit.job import ResolvedJob, open_job
from hpcfit.job.source import JobSource
from hpcfit.parallel.agree import agreement, from_root
from hpcfit.parallel.communicator import Communicator
from hpcfit.parallel.pace import ALIKE, Pace
from hpcfit.workflow.data_plan import DataPlan, plan_data
from hpcfit.workflow.devices import Devices
from hpcfit.workflow.model import check_species, check_tags
from hpcfit.workflow.start_from import Start, read_start, started_from

if TYPE_CHECKING:
    from hpcfit.workflow.table.plan import TablePlan


@dataclass(frozen=True)
class Plan:
    """A resolved job and the data it selects.

    Attributes:
        start: what was taken from another run; it stands in the potentials of `resolved` already.
        devices: on what the ranks compute.
        pace: how chunks are spread over the ranks of a group.
    """

    resolved: ResolvedJob
    train: DataPlan
    test: DataPlan | None
    start: Start = field(default_factory=Start)
    devices: Devices = field(default_factory=Devices)
    pace: Pace = ALIKE

    @property
    def species(self) -> list[str]:
        """Chemical symbols that occur in the data, sorted."""
        return sorted({*self.train.species, *(self.test.species if self.test is not None else ())})


def make_plan(comm: Communicator, job: Path | JobSource) -> Plan | TablePlan:
    """Read the job (file) on every rank, and choose the configurations on rank 0.

    Raises:
        HpcfitError: on all ranks alike, for anything wrong with the job, a plugin or the data.
    """
    with agreement(comm):
        resolved = open_job(job)
    if resolved.model is not None:
        from hpcfit.workflow.table.plan import plan_table

        return plan_table(comm, resolved)
    before = from_root(comm, lambda: read_start(resolved.job))
    with agreement(comm):
        resolved, start = started_from(resolved, before)
    train, test = from_root(comm, lambda: plan_data(resolved.job))
    plan = Plan(resolved, train, test, start)
    with agreement(comm):
        check_species(resolved, plan.species)
        check_tags(resolved, train.tags)
    return plan
