"""All starts, spread over groups of ranks, and the result at the best end."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hpcfit.optimize.bounds import Bounds
from hpcfit.optimize.conclusion import conclude
from hpcfit.optimize.events import Counts
from hpcfit.optimize.multistart import StartRecord
from hpcfit.optimize.multistart.optimizer import conclude_starts, stopped_early
from hpcfit.optimize.result import OptimizerResult
from hpcfit.output.checkpoint import CheckpointWriter
from hpcfit.output.events import EventLog
from hpcfit.parallel.groups import Groups, agreed
from hpcfit.parallel.interrupt import StopRequest
from hpcfit.parallel.objective import DistributedObjective, serve
from hpcfit.parallel.spread import spread
from hpcfit.workflow.fit import Course, Fitted
from hpcfit.workflow.minimized import minimized
from hpcfit.workflow.multistart.journal import Journal
from hpcfit.workflow.multistart.points import starting_points
from hpcfit.workflow.multistart.report import starts_report
from hpcfit.workflow.multistart.work import Starts

if TYPE_CHECKING:
    from hpcfit.workflow.steps import AnyPrepared


def fit_starts(groups: Groups, prepared: AnyPrepared, course: Course) -> Fitted | None:
    """Fit from all starts; the result on rank 0, None on the others. Collective over all ranks.

    Raises:
        HpcfitError: on all ranks alike.
    """
    folder, log, resumption, request = course.folder, course.log, course.resumption, course.request
    work = Starts(prepared, starting_points(prepared.plan.resolved, prepared.model.parameters))
    begin = time.perf_counter()
    with ExitStack() as stack:
        journal = None
        if log is not None:
            stack.enter_context(folder.writing())
            events = stack.enter_context(EventLog(folder.events, None, course.elapsed))
            checkpoints = stack.enter_context(CheckpointWriter(folder.checkpoint, folder.previous))
            fingerprint, watch = course.fingerprint, course.watch
            journal = Journal(prepared, len(work.points), log, events, checkpoints, fingerprint, watch)
            for content in () if resumption is None else json.loads(str(resumption.state["starts"])):
                journal.records[content["number"]] = StartRecord.from_dict(content)
            journal.tell()
        known = {} if journal is None else journal.records
        missing = [k for k in range(len(work.points)) if k not in known]
        stopped, times = spread(groups, work, missing, request, _nothing if journal is None else journal)
        if journal is not None:
            journal.write()
        found = _concluded(groups, work, journal, request, stopped)
        if journal is None or found is None:
            return None
        records = [journal.records[k] for k in sorted(journal.records)]
        report = starts_report(prepared.model.parameters, records, _tolerance(prepared))
        report.write_csv(folder.starts)
        seconds = time.perf_counter() - begin
        return Fitted(found, times, seconds, journal.events.seconds, report)


def _nothing(number: int, record: Any) -> bool:
    return False


def _tolerance(prepared: AnyPrepared) -> float:
    return float(prepared.plan.resolved.optimizer_options.tolerance)


def _concluded(
    groups: Groups, work: Starts, journal: Journal | None, request: StopRequest, stopped: bool
) -> OptimizerResult | None:
    """The result at the best end, which the first group linearizes once more; on rank 0."""
    prepared, found = work.prepared, None
    with agreed(groups):
        if journal is not None:
            with DistributedObjective(prepared.objective, groups.own, work.ranges, request) as objective:
                found = _conclude(journal, work, objective, stopped)
        elif groups.is_first:
            serve(prepared.objective, groups.own, work.ranges, request)
    return found


def _conclude(
    journal: Journal, work: Starts, distributed: DistributedObjective, stopped: bool
) -> OptimizerResult:
    prepared = work.prepared
    parameters = prepared.model.parameters
    objective = minimized(prepared, distributed)
    bounds = Bounds(parameters.lower, parameters.upper)
    records = [journal.records[k] for k in sorted(journal.records)]
    unfinished = stopped and len(records) < len(work.points)
    reason = stopped_early(len(records), len(work.points))
    if not records:
        here = objective.linearize(parameters.start)
        return conclude(
            parameters.start,
            here.rfactor,
            here.cost,
            reason,
            bounds=bounds,
            labels=parameters.labels,
            counts=Counts(),
            history=(here.cost,),
        )
    result = conclude_starts(objective, records, bounds, parameters.labels, _tolerance(prepared))
    if unfinished:
        result = replace(result, status=reason.status, reason=reason.sentence, converged=False)
    return result
