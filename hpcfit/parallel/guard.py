"""No rank dies alone: whatever escapes on any rank, or in any thread of it, ends the whole job.

MPI itself does not: a rank that leaves with a traceback waits in MPI_Finalize for others that wait for it
in a broadcast, until the batch system's time limit. The hooks work for every way of starting the program
(console script, python -m, a library user's own script).
"""

from __future__ import annotations

import math
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from hpcfit.errors import EXIT_INTERNAL, EXIT_STOPPED_EARLY, HpcfitError
from hpcfit.parallel.communicator import Communicator

#: what a user does after an internal error in a fit
GO_ON = "The run folder holds the last checkpoint; the same command goes on from it."


@contextmanager
def guard(comm: Communicator, advice: str = GO_ON) -> Iterator[None]:
    """End the whole job when something escapes from the body, or from a thread started in it.

    An HpcfitError passes through: it is raised on all ranks alike (see agree) and its message is for the
    caller to print. Everything else is an internal error: one traceback naming the rank goes to stderr,
    and every rank ends with exit code 70. So does a SystemExit, which on one rank alone would leave the
    others waiting. A KeyboardInterrupt (the second Ctrl-C, see interrupt) ends with 75: the checkpoint of
    the last iteration is valid.

    Args:
        advice: what to do after an internal error, a sentence.

    Raises:
        SystemExit: with one rank, in place of ending the process from inside.
    """
    hooks = sys.excepthook, threading.excepthook
    threading.excepthook = lambda args: _thread_hook(comm, args, advice)
    if comm.size > 1:
        # For what the interpreter would report after the body, or in a callback out of C.
        sys.excepthook = lambda kind, error, trace: end_job(comm, error, advice=advice)
    try:
        yield
    except HpcfitError:
        raise
    except KeyboardInterrupt:
        if comm.size > 1:
            comm.abort(EXIT_STOPPED_EARLY)
        raise SystemExit(EXIT_STOPPED_EARLY) from None
    except BaseException as error:
        if comm.size > 1:
            end_job(comm, error, advice=advice)
        print(describe(comm, error, advice=advice), file=sys.stderr, flush=True)
        raise SystemExit(EXIT_INTERNAL) from None
    finally:
        sys.excepthook, threading.excepthook = hooks


def end_job(comm: Communicator, error: BaseException | None, where: str = "", advice: str = GO_ON) -> None:
    """Print one traceback naming the rank, and abort all ranks with exit code 70."""
    # A fault of the data or of a user's function often strikes every rank at the same moment. The lowest
    # rank speaks first, and its abort ends the others before they do.
    time.sleep(0.25 * math.log2(1 + comm.rank))
    print(describe(comm, error, where, advice), file=sys.stderr, flush=True)
    # mpirun reads the text from a pipe that it closes when the job is aborted.
    time.sleep(0.1)
    comm.abort(EXIT_INTERNAL)


def describe(comm: Communicator, error: BaseException | None, where: str = "", advice: str = GO_ON) -> str:
    """The traceback of an internal error, preceded by the rank and followed by what to do."""
    head = f"hpcfit: internal error on rank {comm.rank} of {comm.size}{where}"
    if error is None:
        return head
    text = "".join(traceback.format_exception(error)).rstrip()
    if isinstance(error, SystemExit):
        return f"{text}\n{head}: the program was left by sys.exit({error.code!r}) in the middle of a run."
    return f"{text}\n{head}. {advice}"


def _thread_hook(comm: Communicator, args: threading.ExceptHookArgs, advice: str) -> None:
    if args.exc_type is SystemExit:
        # A thread may end itself by sys.exit; Python ignores it too.
        return
    error = args.exc_value if args.exc_value is not None else args.exc_type()
    name = args.thread.name if args.thread is not None else "unknown"
    end_job(comm, error.with_traceback(_trace(args)), f", thread {name}", advice)


def _trace(args: threading.ExceptHookArgs) -> TracebackType | None:
    return args.exc_traceback
