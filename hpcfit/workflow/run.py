"""From a job to a run folder, new, resumed or already finished: what `hpcfit run` and Python share.

What a bad job does not need is imported late, so that its message comes at once.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from threadpoolctl import threadpool_limits

from hpcfit.errors import EXIT_CONVERGED, EXIT_NOT_CONVERGED, EXIT_STOPPED_EARLY
from hpcfit.job import ResolvedJob
from hpcfit.job.source import JobSource
from hpcfit.output.folder import STOPPED, RunFolder
from hpcfit.output.log import RunLog
from hpcfit.output.result import Result
from hpcfit.parallel.agree import from_root
from hpcfit.parallel.communicator import Communicator
from hpcfit.parallel.groups import Groups, agreed, groups_of
from hpcfit.parallel.guard import guard
from hpcfit.parallel.interrupt import StopRequest, stop_requests
from hpcfit.parallel.launcher import hides_terminal
from hpcfit.workflow.begin import Beginning, begin_run, take_folder
from hpcfit.workflow.devices import choose_devices
from hpcfit.workflow.groups import fits_of, number_of_groups, plan_for_group
from hpcfit.workflow.mixed import prepare_mixed, record_spread, recorded_pace
from hpcfit.workflow.plan import make_plan
from hpcfit.workflow.steps import steps_of

if TYPE_CHECKING:
    from hpcfit.optimize import IterationEvent
    from hpcfit.workflow.steps import AnyPlan, AnyPrepared


@dataclass(frozen=True)
class Outcome:
    """What a run ended with, the same on all ranks.

    Attributes:
        result: of this run, or of the one that had finished before.
        note: what to say of a run that had finished before; None for a new one.
    """

    resolved: ResolvedJob
    result: Result
    note: str | None = None

    @property
    def exit_code(self) -> int:
        """0 converged or already finished, 1 did not converge, 75 stopped early."""
        # Who asked for a cost is served when it is reached.
        if self.note is not None or self.result.converged or self.result.status == "cost_target":
            return EXIT_CONVERGED
        return EXIT_STOPPED_EARLY if self.result.status == STOPPED else EXIT_NOT_CONVERGED


@dataclass(frozen=True)
class Screen:
    """What is shown while a run goes on, on rank 0.

    Attributes:
        lines: print what the log says.
        watch: called with each iteration's event; True stops the fit after the next one, an HpcfitError
            ends the run.
    """

    lines: bool = True
    watch: Callable[[IterationEvent], object] | None = None


def run_job(comm: Communicator, path: Path, *, restart: bool = False) -> int:
    """Run a job file as the command does; collective over `comm`.

    Args:
        restart: start anew, whatever an earlier run left.

    Returns:
        The exit code; see `Outcome`.

    Raises:
        HpcfitError: on all ranks alike, for anything wrong with job, plugins, data or folder.
    """
    with guard(comm):
        return perform(comm, path, restart=restart).exit_code


def perform(
    comm: Communicator, job: Path | JobSource, *, restart: bool = False, screen: Screen | None = None
) -> Outcome:
    """Run a job (file) and write its run folder; collective over `comm`.

    Args:
        restart: start anew, whatever an earlier run left.

    Raises:
        HpcfitError: on all ranks alike, for anything wrong with job, plugins, data or folder.
        KeyboardInterrupt: at a second Ctrl-C; the first one stops the run after its iteration.
    """
    started = time.perf_counter()
    screen = Screen() if screen is None else screen
    with stop_requests() as request, ExitStack() as stack:
        # The command has set this before NumPy was imported; a program that calls us may not have.
        stack.enter_context(threadpool_limits(limits=1, user_api="blas"))
        plan = make_plan(comm, job)
        folder = RunFolder(plan.resolved.job.run_folder)
        beginning = from_root(comm, lambda: begin_run(stack, plan, folder, restart))
        if beginning.finished is not None and beginning.result is not None:
            if comm.is_root and screen.lines:
                print(beginning.finished, flush=True)
            return Outcome(plan.resolved, beginning.result, beginning.finished)
        groups = stack.enter_context(
            groups_of(comm, number_of_groups(plan.resolved.job, comm.size, fits_of(plan.resolved)))
        )
        plan = replace(plan, devices=choose_devices(comm, plan.resolved))
        prepared = _prepare(groups, plan, beginning, folder)
        from_root(comm, lambda: take_folder(plan, folder, beginning))
        record_spread(groups, prepared, folder)
        log = stack.enter_context(_open_log(stack, folder, screen)) if comm.is_root else None
        result = _carry_out(groups, prepared, folder, log, beginning, request, screen, started)
        return Outcome(plan.resolved, result)


def _open_log(stack: ExitStack, folder: RunFolder, screen: Screen) -> RunLog:
    if screen.lines:
        return RunLog(folder.log, live=False if hides_terminal(os.environ) else None)
    nowhere = stack.enter_context(open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - the stack closes it
    return RunLog(folder.log, stream=nowhere, live=False)


def _prepare(groups: Groups, plan: AnyPlan, beginning: Beginning, folder: RunFolder) -> AnyPrepared:
    """All data, spread over the ranks of each group."""
    steps = steps_of(plan)
    if beginning.resumption is not None:
        plan = replace(plan, pace=recorded_pace(groups, plan, folder))
    with agreed(groups):
        prepared = prepare_mixed(groups.own, plan_for_group(groups, plan), steps.prepare)
        if beginning.resumption is None:
            steps.check_start(groups.own, prepared)
    return prepared


def _carry_out(
    groups: Groups,
    prepared: AnyPrepared,
    folder: RunFolder,
    log: RunLog | None,
    beginning: Beginning,
    request: StopRequest,
    screen: Screen,
    started: float,
) -> Result:
    """Fit and write the results; the result, on all ranks."""
    from hpcfit.workflow.fit import Course, fit
    from hpcfit.workflow.heading import first_lines
    from hpcfit.workflow.result import make_result

    comm, steps = groups.world, steps_of(prepared.plan)
    text = f"{first_lines(groups, prepared.plan.devices)}\n{steps.heading(groups.own, prepared)}"
    if log is not None:
        for message in (comm.note, *beginning.notes, text):
            if message:
                log.say(message)
    setup = time.perf_counter() - started
    fingerprint, resumption = beginning.fingerprint, beginning.resumption
    course = Course(folder, log, fingerprint, resumption, request, screen.watch)
    if prepared.plan.resolved.inner is None:
        fitted = fit(comm, prepared, course)
    else:
        from hpcfit.workflow.multistart.fit import fit_starts

        fitted = fit_starts(groups, prepared, course)
    result = None
    with agreed(groups):
        if groups.is_first:
            own = groups.own
            result = make_result(own, steps, prepared, fitted, fingerprint, setup, started, comm)
    return from_root(comm, lambda: _write(result, folder, log, prepared.plan.resolved.job.source))


def _write(result: Result | None, folder: RunFolder, log: RunLog | None, source: JobSource) -> Result:
    """Write and say what was found; on rank 0."""
    from hpcfit.output.events import read_events
    from hpcfit.output.report import write_report

    assert result is not None
    assert log is not None
    log.end_iterations()
    with folder.writing():
        result.save(folder.result)
        write_report(folder.report, result, read_events(folder.events), source.folder.resolve().name)
        log.say(str(result))
        if source.lasting:
            log.say(f"\nresults in {folder.path}")
        if source.lasting and result.status == STOPPED:
            log.say(f"stopped early with a valid checkpoint: {source.goes_on_by}")
    return result
