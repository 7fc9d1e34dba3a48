"""Fits from many starts, each by a group of ranks; the best of them is the result."""

from __future__ import annotations

import inspect
import json
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import JobError
from hpcfit.formula.network import Network
from hpcfit.job import ResolvedJob
from hpcfit.optimize import OPTIMIZERS, IterationEvent
from hpcfit.optimize.bounds import Bounds
from hpcfit.optimize.conclusion import conclude
from hpcfit.optimize.events import Counts
from hpcfit.optimize.multistart import (
    Inner,
    MultistartOptions,
    StartRecord,
    best_of,
    draw_starts,
    fit_from,
)
from hpcfit.optimize.multistart.optimizer import conclude_starts, stopped_early
from hpcfit.optimize.multistart.record import total_counts
from hpcfit.optimize.result import OptimizerResult
from hpcfit.output.checkpoint import Checkpoint, CheckpointWriter
from hpcfit.output.events import EventLog
from hpcfit.output.folder import RunFolder
from hpcfit.output.log import RunLog
from hpcfit.parallel.groups import Groups, agreed
from hpcfit.parallel.interrupt import StopRequest
from hpcfit.parallel.objective import DistributedObjective, serve
from hpcfit.parallel.protocols import LocalObjective
from hpcfit.parallel.spread import Watch, spread
from hpcfit.problem.loss import LossObjective
from hpcfit.problem.parameters import ParameterSet
from hpcfit.problem.prior_objective import with_priors
from hpcfit.problem.user_code import user_code
from hpcfit.suggest import counted
from hpcfit.workflow.fit import Fitted
from hpcfit.workflow.starts_report import starts_report

if TYPE_CHECKING:
    from hpcfit.workflow.begin import Resumption
    from hpcfit.workflow.steps import AnyPrepared

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass
class Starts:
    """The fits of a multistart as tasks; see `parallel.spread.Work`."""

    prepared: AnyPrepared
    points: FloatArray

    @property
    def ranges(self) -> IntArray:
        return self.prepared.share.ranges

    def local(self, task: int) -> LocalObjective:
        """The one objective that all starts have."""
        return self.prepared.objective

    def solve(self, task: int, objective: DistributedObjective, watch: Watch) -> StartRecord | None:
        """The fit from one start."""
        return refit(self.prepared, self.inner, task, self.points[task], objective, watch)

    @cached_property
    def inner(self) -> Inner:
        """The optimizer of each."""
        inner = self.prepared.plan.resolved.inner
        assert inner is not None
        return inner


def refit(
    prepared: AnyPrepared,
    inner: Inner,
    number: int,
    start: FloatArray,
    objective: DistributedObjective,
    watch: Watch,
) -> StartRecord | None:
    """One fit from `start` (p,), on the first rank of a group; None if it was ended by `watch`."""
    parameters = prepared.model.parameters
    extra: dict[str, Any] = {}
    if "width" in inspect.signature(inner.optimizer.minimize).parameters:
        extra["width"] = parameters.widths
    ours = any(inner.optimizer is each for each in OPTIMIZERS.values())
    with nullcontext() if ours else user_code(f"optimizer {inner.name}"):
        return fit_from(
            number,
            start,
            with_priors(LossObjective(objective) if prepared.losses else objective, parameters),
            inner,
            bounds=Bounds(parameters.lower, parameters.upper),
            labels=parameters.labels,
            watch=watch,
            extra=extra,
        )


def starting_points(resolved: ResolvedJob, parameters: ParameterSet) -> FloatArray:
    """Where the fits begin, shape (starts, p).

    Raises:
        JobError: there are no bounds, or no network, to draw them by.
    """
    options = resolved.optimizer_options
    assert isinstance(options, MultistartOptions)
    bounds = Bounds(parameters.lower, parameters.upper)
    if options.region == "seeds":
        return _drawn_weights(resolved, parameters, bounds, options.starts)
    try:
        return draw_starts(parameters.start, bounds, parameters.labels, options)
    except JobError as error:
        raise JobError(resolved.job.source.problem(("optimizer", "region"), f": {error}").text) from None


def _drawn_weights(
    resolved: ResolvedJob, parameters: ParameterSet, bounds: Bounds, starts: int
) -> FloatArray:
    """Initial weights by the seed of the network and those after it; what the job gives is kept."""
    form = None if resolved.model is None else resolved.model.form
    if not isinstance(form, Network):
        sentence = (
            ': "seeds" are those of a network, such as mlp: draw from "bounds", or around "initial" values.'
        )
        raise JobError(resolved.job.source.problem(("optimizer", "region"), sentence).text)
    points = np.tile(parameters.start, (starts, 1))
    drawn = {k: q for k, q in enumerate(parameters.free) if q.initial == form.parameter(q.name).default}
    for number in range(1, starts):
        other = replace(form, seed=form.seed + number)
        for k, q in drawn.items():
            value = other.parameter(q.name).default
            assert value is not None
            points[number, k] = q.theta(value)
    return bounds.clip(points)


@dataclass
class Journal:
    """On rank 0, what has been found so far: in log, checkpoint, and events in the order of the starts."""

    prepared: AnyPrepared
    total: int
    log: RunLog
    events: EventLog
    checkpoints: CheckpointWriter
    fingerprint: Mapping[str, str]
    watch: Callable[[IterationEvent], object] | None
    records: dict[int, StartRecord] = field(default_factory=dict)
    told: int = 0
    last_written: float = -np.inf
    watched_enough: bool = False

    def __call__(self, number: int, record: StartRecord) -> bool:
        """Take what one start has found; True asks to stop."""
        self.records[number] = record
        interval = self.prepared.plan.resolved.job.run.checkpoint_interval
        if time.monotonic() - self.last_written >= interval:
            self.write()
        self.log.say(self._line(record))
        self.tell()
        return self.watched_enough

    def write(self) -> None:
        """Put all that was found into the checkpoint."""
        found = [self.records[k].to_dict() for k in sorted(self.records)]
        state = {"starts": json.dumps(found)}
        self.checkpoints.write(Checkpoint(len(found), state, self.fingerprint, self.events.seconds))
        self.last_written = time.monotonic()

    def tell(self) -> None:
        """An event for each start before which none is missing: the best so far, whatever the order."""
        while self.told in self.records:
            before = best_of(self.records[k] for k in range(self.told))
            self.told += 1
            done = [self.records[k] for k in range(self.told)]
            best = best_of(done) or done[0]
            event = IterationEvent(
                iteration=self.told,
                cost=best.cost,
                loss=0.5 * best.cost,
                accepted=best is not before,
                theta=self.prepared.model.parameters.free_values(np.array(best.theta)),
                damping=None,
                radius=None,
                velocity_norm=0.0,
                acceleration_ratio=None,
                predicted=None,
                actual=None,
                relative_offset=None,
                counts=total_counts(done),
            )
            self.events.append(event)
            self.prepared.plan.resolved.registry.iteration(event)
            if self.watch is not None and self.watch(event) is True:
                self.watched_enough = True

    def _line(self, record: StartRecord) -> str:
        best = best_of(self.records.values())
        found = f"loss {0.5 * record.cost:.6e}, {record.status.replace('_', ' ')}"
        found += f" after {counted(record.counts.iterations, 'iteration')}"
        so_far = "" if best is None else f"; best so far {0.5 * best.cost:.6e} (start {best.number + 1})"
        return f"start {record.number + 1} ({len(self.records)} of {self.total} done): {found}{so_far}"


def fit_starts(
    groups: Groups,
    prepared: AnyPrepared,
    folder: RunFolder,
    log: RunLog | None,
    fingerprint: Mapping[str, str],
    resumption: Resumption | None,
    request: StopRequest,
    watch: Callable[[IterationEvent], object] | None = None,
) -> Fitted | None:
    """Fit from all starts; the result on rank 0, None on the others. Collective over all ranks.

    Args: as of `fit`.

    Raises:
        HpcfitError: on all ranks alike.
    """
    work = Starts(prepared, starting_points(prepared.plan.resolved, prepared.model.parameters))
    begin = time.perf_counter()
    with ExitStack() as stack:
        journal = None
        if log is not None:
            elapsed = 0.0 if resumption is None else resumption.elapsed
            stack.enter_context(folder.writing())
            events = stack.enter_context(EventLog(folder.events, None, elapsed))
            checkpoints = stack.enter_context(CheckpointWriter(folder.checkpoint, folder.previous))
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
    objective = with_priors(LossObjective(distributed) if prepared.losses else distributed, parameters)
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
