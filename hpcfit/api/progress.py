"""What a Python call shows while it runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from threadpoolctl import threadpool_info

from hpcfit.errors import JobError, RunError
from hpcfit.job.values import shown
from hpcfit.parallel.communicator import Communicator
from hpcfit.registry.failure import describe
from hpcfit.workflow.run import Screen

if TYPE_CHECKING:
    from hpcfit.optimize import IterationEvent

    #: True for the lines of the command, False for none, or a function called with each event
    Progress = bool | Callable[[IterationEvent], object]
else:
    Progress = object

_threads_told = False


def screen_of(progress: Progress, call: str) -> Screen:
    """What is to be shown; a function's failure becomes an error that names the iteration.

    Raises:
        JobError: it is neither true nor false nor a function.
    """
    if isinstance(progress, bool):
        return Screen(lines=progress)
    if not callable(progress):
        raise JobError(f"{call}: progress: True, False or a function is expected, not {shown(progress)}.")
    function = progress

    def watch(event: IterationEvent) -> object:
        try:
            return function(event)
        except Exception as error:
            # Without this function, which is not where it failed.
            error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
            raise RunError(
                f"{call}: progress failed at iteration {event.iteration}: {describe(error)}"
            ) from error

    return Screen(lines=False, watch=watch)


def say(lines: Iterable[str]) -> None:
    """Print lines at once."""
    for line in lines:
        print(line, flush=True)


def thread_note(comm: Communicator) -> str | None:
    """A sentence, once, when the threads of NumPy on several ranks would compete outside of fits."""
    global _threads_told
    if _threads_told or comm.size == 1:
        return None
    _threads_told = True
    threads = max(
        (each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"), default=1
    )
    if threads == 1 or "OMP_NUM_THREADS" in os.environ:
        return None
    return (
        f"note: NumPy has {threads} threads on each of {comm.size} ranks; a fit uses one of them. Set "
        "OMP_NUM_THREADS=1 before Python starts, so that the rest of the program does not slow itself down."
    )
