"""Agreement on errors: a fault that one rank meets becomes the same error on all of them.

Set-up is done by every rank on its own data, and any of them may find a fault. Left alone, that rank would
leave and the others would wait for it for ever. After `agreement` all ranks leave, with one message.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from hpcfit.errors import HpcfitError
from hpcfit.parallel.communicator import Communicator

T = TypeVar("T")


@contextmanager
def agreement(comm: Communicator) -> Iterator[None]:
    """Run the body on every rank; an HpcfitError on any of them is raised on all at its end.

    The error of the lowest rank is raised, and names the rank unless every rank met the same or it says
    already where it was met. The body must not communicate: a rank that has failed takes no part in it any
    more. Errors other than HpcfitError pass through at once and end the whole job (see guard).

    Raises:
        HpcfitError: the agreed error, of the class it had on its rank.
    """
    mine: HpcfitError | None = None
    try:
        yield
    except HpcfitError as error:
        mine = error
    errors = comm.allgather(None if mine is None else portable(mine))
    agreed = first_error(errors, comm)
    if agreed is not None:
        raise agreed from mine


def from_root(comm: Communicator, function: Callable[[], T]) -> T:
    """`function()` computed by rank 0 alone, on every rank.

    Raises:
        HpcfitError: on every rank, when rank 0 meets one.
    """
    outcome: tuple[bool, T | bytes]
    if not comm.is_root:
        outcome = comm.bcast((False, b""))
    else:
        try:
            outcome = comm.bcast((True, function()))
        except HpcfitError as error:
            comm.bcast((False, portable(error)))
            raise
    succeeded, value = outcome
    if not succeeded:
        raise restore(value)  # type: ignore[arg-type]
    return value  # type: ignore[return-value]


def portable(error: HpcfitError) -> bytes:
    """The error as bytes that another rank can read, if need be as a plain HpcfitError of the same text."""
    try:
        packed = pickle.dumps(error)
        if str(pickle.loads(packed)) == str(error):
            return packed
    except Exception:
        pass
    plain = HpcfitError(str(error))
    plain.exit_code, plain.placed = error.exit_code, error.placed
    return pickle.dumps(plain)


def restore(packed: bytes) -> HpcfitError:
    """The error that `portable` packed."""
    error = pickle.loads(packed)
    assert isinstance(error, HpcfitError)
    return error


def first_error(errors: list[bytes | None], comm: Communicator) -> HpcfitError | None:
    """The error of the lowest rank that has one; it names the rank unless all ranks have the same text.

    Args:
        errors: of each rank of `comm`.
    """
    found = [(rank, restore(packed)) for rank, packed in enumerate(errors) if packed is not None]
    if not found:
        return None
    rank, error = found[0]
    common = len(found) == len(errors) and all(str(other) == str(error) for _, other in found)
    return error if common else met_at(comm.place(rank), error)


def met_at(place: str, error: HpcfitError) -> HpcfitError:
    """The same error, its text preceded by where it was met, unless it says that already."""
    if not error.placed:
        error.args = (f"{place}: {error}",)
        error.placed = True
    return error
