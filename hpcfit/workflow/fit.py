"""The optimization itself: rank 0 steps, records and checkpoints; the other ranks evaluate."""

from __future__ import annotations

import inspect
import time
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.optimize import OPTIMIZERS, OptimizerResult
from hpcfit.optimize.bounds import Bounds
from hpcfit.optimize.returned import require_cost, require_result
from hpcfit.output.checkpoint import Checkpoint, CheckpointWriter
from hpcfit.output.events import EventLog
from hpcfit.output.folder import RunFolder
from hpcfit.output.log import RunLog
from hpcfit.parallel.communicator import Communicator
from hpcfit.parallel.interrupt import StopRequest
from hpcfit.parallel.objective import DistributedObjective, serve
from hpcfit.parallel.times import ObjectiveTimes
from hpcfit.problem.user_code import user_code
from hpcfit.workflow.begin import Resumption
from hpcfit.workflow.minimized import minimized
from hpcfit.workflow.transfers import Traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hpcfit.optimize import IterationEvent
    from hpcfit.output.starts import StartsReport
    from hpcfit.workflow.steps import AnyPrepared

FloatArray = NDArray[np.float64]

_AGAIN = "{name} tells no state to go on with, so it begins again from the best parameters found so far"


@dataclass(frozen=True)
class Fitted:
    """What an optimization left behind, on rank 0.

    Attributes:
        found: the optimizer's own result.
        times: of the evaluations.
        seconds: from the first evaluation to the last.
        elapsed: seconds of the whole run so far, earlier processes of it included.
        starts: what several starts have found; None for one.
    """

    found: OptimizerResult
    times: ObjectiveTimes
    seconds: float
    elapsed: float
    starts: StartsReport | None = None


@dataclass(frozen=True)
class Course:
    """Where a fit is recorded, where it goes on from, and what may stop it.

    Attributes:
        log: rank 0's; None elsewhere.
        fingerprint: of the job and its data; checkpoints keep it.
        resumption: None for a fit that begins.
        watch: called on rank 0 with each iteration's event; True stops the fit after the next one.
    """

    folder: RunFolder
    log: RunLog | None
    fingerprint: Mapping[str, str]
    resumption: Resumption | None
    request: StopRequest
    watch: Callable[[IterationEvent], object] | None = None

    @property
    def elapsed(self) -> float:
        """Seconds that earlier processes have taken."""
        return 0.0 if self.resumption is None else self.resumption.elapsed


@dataclass
class Recorder:
    """Called after every iteration: event, checkpoint, log line, plugins; in this order of safety.

    The checkpoint comes before the plugins, so that one that fails costs nothing. All of it is done
    when the other ranks have been sent into the next evaluation, so that they need not wait for it.
    """

    events: EventLog
    log: RunLog
    checkpoints: CheckpointWriter
    fingerprint: Mapping[str, str]
    objective: DistributedObjective
    prepared: AnyPrepared
    interval: float
    watch: Callable[[IterationEvent], object] | None = None
    last_written: float = -np.inf
    watched_enough: bool = False

    def __call__(self, event: IterationEvent, state: Mapping[str, Any]) -> bool:
        """Record an iteration; True asks the optimizer to stop."""
        stop = self.objective.stop_requested or self.watched_enough
        self.objective.defer(lambda: self._record(event, state, stop))
        return stop

    def _record(self, event: IterationEvent, state: Mapping[str, Any], stop: bool) -> None:
        event = replace(event, theta=self.prepared.model.parameters.free_values(event.theta))
        self.events.append(event)
        now = time.monotonic()
        if stop or now - self.last_written >= self.interval:
            elapsed = self.events.seconds
            self.checkpoints.write(Checkpoint(event.iteration, dict(state), self.fingerprint, elapsed))
            self.last_written = now
        self._tell()
        self.log.iteration(event)
        self.prepared.plan.resolved.registry.iteration(event)
        if self.watch is not None and self.watch(event) is True:
            self.watched_enough = True

    def _tell(self) -> None:
        """Say what evaluations on this rank have met, such as a device without room for all data."""
        for note in self.prepared.objective.take_notes():
            self.log.say(f"note: {note}")


def fit(comm: Communicator, prepared: AnyPrepared, course: Course) -> Fitted | None:
    """Optimize; the result on rank 0, None on the others.

    Raises:
        HpcfitError: on all ranks alike.
    """
    folder, log, resumption = course.folder, course.log, course.resumption
    if log is None:
        serve(prepared.objective, comm, prepared.share.ranges, course.request)
        return None
    keep = None if resumption is None else resumption.iteration
    with (
        DistributedObjective(prepared.objective, comm, prepared.share.ranges, course.request) as objective,
        folder.writing(),
        EventLog(folder.events, keep, course.elapsed) as events,
        CheckpointWriter(folder.checkpoint, folder.previous) as checkpoints,
    ):
        interval = prepared.plan.resolved.job.run.checkpoint_interval
        recorder = Recorder(
            events, log, checkpoints, course.fingerprint, objective, prepared, interval, course.watch
        )
        if resumption is not None and not getattr(prepared.plan.resolved.optimizer, "resumes", True):
            log.say(f"note: {_AGAIN.format(name=prepared.plan.resolved.job.optimizer.name)}")
        device = prepared.plan.devices.own
        traffic = None if device is None else Traffic.of(device)
        begin = time.perf_counter()
        found = _minimize(prepared, objective, recorder, resumption)
        objective.finish()
        seconds = time.perf_counter() - begin
        if device is not None and traffic is not None:
            log.note(traffic.line(device, found.counts.iterations - (keep or 0)))
        return Fitted(found, objective.times, seconds, events.seconds)


def _minimize(
    prepared: AnyPrepared,
    objective: DistributedObjective,
    recorder: Recorder,
    resumption: Resumption | None,
) -> OptimizerResult:
    parameters = prepared.model.parameters
    resolved = prepared.plan.resolved
    name = f"optimizer {resolved.job.optimizer.name}"
    # An error inside our own optimizer is an internal one, with its traceback.
    ours = any(resolved.optimizer is each for each in OPTIMIZERS.values())
    options: dict[str, Any] = {}
    if "width" in inspect.signature(resolved.optimizer.minimize).parameters:
        options["width"] = parameters.widths
    data = minimized(prepared, objective)
    with nullcontext() if ours else user_code(name):
        result = resolved.optimizer.minimize(
            data,
            parameters.start,
            bounds=(parameters.lower, parameters.upper),
            labels=parameters.labels,
            options=resolved.optimizer_options,
            callback=recorder,
            state=None if resumption is None else dict(resumption.state),
            **options,
        )
    found = require_result(name, result, Bounds(parameters.lower, parameters.upper))
    if not ours:
        require_cost(name, found.theta, found.cost, data)
    return found
