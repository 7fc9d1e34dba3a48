"""`hpcfit run`: from a job file to a run folder, new, resumed or already finished."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

from hpcfit.errors import EXIT_CONVERGED, EXIT_NOT_CONVERGED, EXIT_STOPPED_EARLY
from hpcfit.output.events import read_events
from hpcfit.output.folder import STOPPED, RunFolder
from hpcfit.output.log import RunLog
from hpcfit.output.report import write_report
from hpcfit.output.result import Result
from hpcfit.output.summary import summary
from hpcfit.parallel.agree import from_root
from hpcfit.parallel.communicator import Communicator
from hpcfit.parallel.guard import guard
from hpcfit.parallel.interrupt import StopRequest, stop_requests
from hpcfit.workflow.begin import Beginning, begin_run
from hpcfit.workflow.fit import fit
from hpcfit.workflow.heading import heading
from hpcfit.workflow.prepare import Plan, make_plan, prepare
from hpcfit.workflow.result import make_result


def run_job(comm: Communicator, path: Path, *, restart: bool = False) -> int:
    """Run a job; collective over `comm`.

    Args:
        restart: start anew, whatever an earlier run left.

    Returns:
        The exit code: 0 converged or already finished, 1 did not converge, 75 stopped early.

    Raises:
        HpcfitError: on all ranks alike, for anything wrong with job, plugins, data or folder.
    """
    started = time.perf_counter()
    with guard(comm), stop_requests() as request, ExitStack() as stack:
        plan = make_plan(comm, path)
        folder = RunFolder(plan.resolved.job.run_folder)
        beginning = from_root(comm, lambda: begin_run(stack, plan, folder, restart))
        if beginning.finished is not None:
            if comm.is_root:
                print(beginning.finished, flush=True)
            return EXIT_CONVERGED
        log = stack.enter_context(RunLog(folder.log)) if comm.is_root else None
        result = _carry_out(comm, plan, folder, log, beginning, request, started)
        code: int = comm.bcast(_exit_code(result))
        return code


def _carry_out(
    comm: Communicator,
    plan: Plan,
    folder: RunFolder,
    log: RunLog | None,
    beginning: Beginning,
    request: StopRequest,
    started: float,
) -> Result | None:
    """Prepare, fit and write the results; the result on rank 0."""
    if log is not None:
        for note in (comm.note, *beginning.notes):
            if note:
                log.say(note)
    prepared = prepare(comm, plan)
    text = heading(comm, prepared)
    if log is not None:
        log.say(text)
    setup = time.perf_counter() - started
    fitted = fit(comm, prepared, folder, log, beginning.fingerprint, beginning.resumption, request)
    result = make_result(comm, prepared, fitted, beginning.fingerprint, setup, started)
    if log is None or result is None:
        return None
    log.end_iterations()
    result.save(folder.result)
    write_report(folder.report, result, read_events(folder.events), plan.resolved.job.path.parent.name)
    log.say(summary(result))
    log.say(f"\nresults in {folder.path}")
    return result


def _exit_code(result: Result | None) -> int:
    if result is None:
        return EXIT_CONVERGED
    if result.converged:
        return EXIT_CONVERGED
    return EXIT_STOPPED_EARLY if result.status == STOPPED else EXIT_NOT_CONVERGED
