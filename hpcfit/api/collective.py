"""What the collective calls from Python have in common: none leaves a rank waiting when another one fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hpcfit.errors import RunError
from hpcfit.parallel.communicator import Communicator
from hpcfit.parallel.guard import guard
from hpcfit.parallel.roll_call import roll_call
from hpcfit.parallel.uncaught import end_together
from hpcfit.parallel.world import world


@contextmanager
def collective(call: str) -> Iterator[Communicator]:
    """The ranks, for a call that all of them make.

    One process is left to its program: an error there is an exception like any other.

    Raises:
        RunError: some ranks make another call, or none.
    """
    comm = world()
    if comm.size == 1:
        yield comm
        return
    try:
        # First of all: what follows would wait for the others for ever.
        roll_call(comm, call)
    except RunError as error:
        raise error.with_traceback(None) from None
    end_together(comm)
    with guard(comm):
        yield comm
