"""Ranks tell each other what they call, so that none waits for one that calls something else or has ended."""

from __future__ import annotations

import atexit

from hpcfit.errors import RunError
from hpcfit.parallel.communicator import Communicator

_END = "the end of the program"

_registered = False
_ended = False


def tell_the_end(comm: Communicator) -> None:
    """From now on, a rank whose program ends tells the others, which may be waiting for it in a call."""
    global _registered
    if not _registered and comm.size > 1:
        _registered = True
        atexit.register(_tell, comm)


def roll_call(comm: Communicator, call: str) -> None:
    """Wait until every rank has come to `call`, which messages name; collective.

    Raises:
        RunError: on all ranks that are still there: some have come to another call, or to their end.
    """
    global _ended
    if comm.size == 1:
        return
    if _ended:
        raise RunError(f"{call}: another rank has ended its program before. {_ADVICE}")
    calls = comm.roll_call(call)
    _ended = _END in calls
    others = [rank for rank, each in enumerate(calls) if each != calls[0]]
    if others:
        raise RunError(
            f"rank 0 has come to {calls[0]}, but rank {others[0]} to {calls[others[0]]}. {_ADVICE}"
        )


_ADVICE = "Every rank must make the same calls of hpcfit: ask for no rank before them."


def _tell(comm: Communicator) -> None:
    from mpi4py import MPI

    if not _ended and not MPI.Is_finalized():
        comm.roll_call(_END)
