"""An exception that a program lets through on some ranks must not leave the others waiting.

Python prints a traceback on each rank, and a rank that has failed alone then waits in MPI_Finalize for
others that wait for it. With this hook one rank speaks: rank 0 when all ranks have failed, else each one
that has, after which it ends the job.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType

from hpcfit.errors import EXIT_NOT_CONVERGED
from hpcfit.parallel.communicator import Communicator

#: how long a failed rank waits for the others to fail too, seconds
PATIENCE = 3.0

_installed = False
Hook = Callable[[type[BaseException], BaseException, TracebackType | None], object]


def end_together(comm: Communicator) -> None:
    """From now on, exceptions that reach the top of the program end all ranks; collective, once is enough."""
    global _installed
    if _installed or comm.size == 1:
        return
    _installed = True
    meet = comm.meeting()
    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        _end(comm, meet, before, (kind, error, trace))

    sys.excepthook = hook


def _end(
    comm: Communicator,
    meet: Callable[[float], bool],
    show: Hook,
    raised: tuple[type[BaseException], BaseException, TracebackType | None],
) -> None:
    together = meet(PATIENCE)
    if together and not comm.is_root:
        return
    show(*raised)
    if not together:
        print(
            f"hpcfit: rank {comm.rank} of {comm.size} ended with this exception and the others did not; "
            "all of them are ended.",
            file=sys.stderr,
            flush=True,
        )
        time.sleep(0.1)  # mpirun reads the text from a pipe that it closes when the job is aborted
        comm.abort(EXIT_NOT_CONVERGED)
