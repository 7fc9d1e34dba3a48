"""What an earlier run left in the run folder, and hence where this one starts. Rank 0 only."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hpcfit.errors import RunError
from hpcfit.job import Job, canonical_of
from hpcfit.job.changes import code_versions, option_files
from hpcfit.job.traced_content import traced_content
from hpcfit.output.fingerprint import flatten
from hpcfit.output.folder import Found, RunFolder, State
from hpcfit.output.lock import folder_lock
from hpcfit.output.result import Result
from hpcfit.suggest import counted
from hpcfit.workflow.residual_content import residual_fingerprint

if TYPE_CHECKING:
    from hpcfit.workflow.steps import AnyPlan


@dataclass(frozen=True)
class Resumption:
    """Where a run goes on: the state the optimizer gave, and the seconds already spent."""

    iteration: int
    state: Mapping[str, Any]
    elapsed: float


@dataclass(frozen=True)
class Beginning:
    """How a run begins, the same on all ranks.

    Attributes:
        fingerprint: what the results depend on, by name.
        resumption: where to go on; None for a new run.
        finished: what to say when there is nothing left to do, and `result` what was found then.
        notes: sentences for the log.
    """

    fingerprint: Mapping[str, str]
    resumption: Resumption | None = None
    finished: str | None = None
    result: Result | None = None
    notes: tuple[str, ...] = ()


def begin_run(stack: ExitStack, plan: AnyPlan, folder: RunFolder, restart: bool) -> Beginning:
    """Lock the folder (until `stack` closes) and decide where the run starts; nothing in it changes.

    Raises:
        RunError: the folder cannot be written to, is in use, or holds a run of another job.
    """
    fingerprint = run_fingerprint(plan)
    with _placed(plan.resolved.job):
        folder.prepare()
    stack.enter_context(folder_lock(folder.path))
    found = folder.find(fingerprint)
    job = plan.resolved.job
    if found.state is State.CHANGED and not restart:
        raise RunError(
            f"{folder.path} holds a run of another version of this job:\n  "
            + "\n  ".join(found.changes)
            + f"\nGive another run.folder, or start anew with: {job.source.anew}"
        )
    if not restart:
        goes_on = _more_iterations_wanted(plan, found)
        if found.result is not None and not goes_on:
            return Beginning(fingerprint, finished=_finished(folder, found.result, job), result=found.result)
        if found.checkpoint is not None:
            checkpoint = found.checkpoint
            several = "starts" in checkpoint.state
            done = counted(checkpoint.iteration, "start") if several else f"iteration {checkpoint.iteration}"
            note = f"going on after {done} of the run in {folder.path}"
            resumption = Resumption(checkpoint.iteration, checkpoint.state, checkpoint.elapsed)
            return Beginning(fingerprint, resumption, notes=(*found.notes, note))
    return Beginning(fingerprint, notes=(*found.notes, *plan.start.notes))


def check_folder(job: Job) -> None:
    """Whether the run folder could be written to, as far as can be seen without writing.

    Raises:
        RunError: it could not.
    """
    with _placed(job):
        RunFolder(job.run_folder).check()


@contextmanager
def _placed(job: Job) -> Iterator[None]:
    """Let an error about run.folder begin with the line of the job file that names it."""
    try:
        yield
    except RunError as error:
        raise RunError(job.source.placed(str(error)).text) from error


def take_folder(plan: AnyPlan, folder: RunFolder, beginning: Beginning) -> None:
    """Remove what an earlier run left unless this one goes on from it, and keep the job as it is run.

    Called when nothing is wrong any more, so that a bad job or bad data cost no results.

    Raises:
        RunError: the folder cannot be written to.
    """
    with folder.writing():
        if beginning.resumption is None:
            folder.clear()
        source = plan.resolved.job.source
        if source.is_file:
            folder.keep_job(source.path)
        else:
            folder.keep_text(source.text)


def run_fingerprint(plan: AnyPlan) -> dict[str, str]:
    """What the results of a job depend on: its tables, the code it names, its data."""
    job = plan.resolved.job
    fingerprint = flatten(canonical_of(job.source))
    fingerprint |= option_files(plan.resolved)
    fingerprint |= traced_content(plan.resolved)
    fingerprint |= code_versions(plan.resolved)
    fingerprint |= residual_fingerprint(plan.resolved, plan.train.path)
    fingerprint |= plan.start.fingerprint
    fingerprint["content of data.train"] = plan.train.content
    if plan.test is not None:
        fingerprint["content of data.test"] = plan.test.content
    return fingerprint


def _more_iterations_wanted(plan: AnyPlan, found: Found) -> bool:
    """A run that ended at its limit of iterations, or of evaluations, goes on when the limit is raised."""
    if found.result is None or found.checkpoint is None or found.result.status != "max_iterations":
        return False
    options, counts = plan.resolved.optimizer_options, found.result.counts
    evaluations = counts.residual_evaluations + counts.jacobian_evaluations
    return bool(
        getattr(options, "max_iterations", 0) > counts.iterations
        and getattr(options, "max_evaluations", math.inf) > evaluations
    )


def _finished(folder: RunFolder, result: Result, job: Job) -> str:
    return (
        f"already finished: {result.verdict}\n"
        f"loss {result.loss:.12g}; results in {folder.path}. "
        f"To run it anew: {job.source.anew}"
    )
