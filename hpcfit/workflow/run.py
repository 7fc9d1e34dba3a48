"""`hpcfit run`: from a job file to a run folder, new, resumed or already finished.

What a bad job does not need is imported late, so that its message comes at once.
"""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from threadpoolctl import threadpool_limits

from hpcfit.errors import EXIT_CONVERGED, EXIT_NOT_CONVERGED, EXIT_STOPPED_EARLY
from hpcfit.output.folder import STOPPED, RunFolder
from hpcfit.output.log import RunLog
from hpcfit.output.result import Result
from hpcfit.parallel.agree import from_root
from hpcfit.parallel.communicator import Communicator
from hpcfit.parallel.guard import guard
from hpcfit.parallel.interrupt import StopRequest, stop_requests
from hpcfit.parallel.launcher import hides_terminal
from hpcfit.workflow.begin import Beginning, begin_run, take_folder
from hpcfit.workflow.plan import Plan, make_plan

if TYPE_CHECKING:
    from hpcfit.workflow.prepare import Prepared


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
        # The command has set this before NumPy was imported; a program that calls us may not have.
        stack.enter_context(threadpool_limits(limits=1, user_api="blas"))
        plan = make_plan(comm, path)
        folder = RunFolder(plan.resolved.job.run_folder)
        beginning = from_root(comm, lambda: begin_run(stack, plan, folder, restart))
        if beginning.finished is not None:
            if comm.is_root:
                print(beginning.finished, flush=True)
            return EXIT_CONVERGED
        prepared = _prepare(comm, plan, beginning)
        from_root(comm, lambda: take_folder(plan, folder, beginning))
        live = False if hides_terminal(os.environ) else None
        log = stack.enter_context(RunLog(folder.log, live=live)) if comm.is_root else None
        result = _carry_out(comm, prepared, folder, log, beginning, request, started)
        code: int = comm.bcast(_exit_code(result))
        return code


def _prepare(comm: Communicator, plan: Plan, beginning: Beginning) -> Prepared:
    from hpcfit.workflow.prepare import prepare
    from hpcfit.workflow.start import check_start

    prepared = prepare(comm, plan)
    if beginning.resumption is None:
        check_start(comm, prepared)
    return prepared


def _carry_out(
    comm: Communicator,
    prepared: Prepared,
    folder: RunFolder,
    log: RunLog | None,
    beginning: Beginning,
    request: StopRequest,
    started: float,
) -> Result | None:
    """Fit and write the results; the result on rank 0."""
    from hpcfit.workflow.fit import fit
    from hpcfit.workflow.heading import heading
    from hpcfit.workflow.result import make_result

    text = heading(comm, prepared)
    if log is not None:
        for message in (comm.note, *beginning.notes, text):
            if message:
                log.say(message)
    setup = time.perf_counter() - started
    fitted = fit(comm, prepared, folder, log, beginning.fingerprint, beginning.resumption, request)
    result = make_result(comm, prepared, fitted, beginning.fingerprint, setup, started)
    from_root(comm, lambda: _write(result, folder, log, prepared.plan.resolved.job.path.parent.name))
    return result


def _write(result: Result | None, folder: RunFolder, log: RunLog | None, title: str) -> None:
    """Write and say what was found; on rank 0."""
    from hpcfit.output.events import read_events
    from hpcfit.output.report import write_report

    assert result is not None
    assert log is not None
    log.end_iterations()
    with folder.writing():
        result.save(folder.result)
        write_report(folder.report, result, read_events(folder.events), title)
        log.say(str(result))
        log.say(f"\nresults in {folder.path}")
        if result.status == STOPPED:
            log.say("stopped early with a valid checkpoint: run the same command to go on")


def _exit_code(result: Result | None) -> int:
    if result is None:
        return EXIT_CONVERGED
    # Who asked for a cost is served when it is reached.
    if result.converged or result.status == "cost_target":
        return EXIT_CONVERGED
    return EXIT_STOPPED_EARLY if result.status == STOPPED else EXIT_NOT_CONVERGED
