"""What the rest of the program knows of MPI: a few collective operations, and one process without any.

Arrays travel as their bytes, never as pickles; Python objects (errors, notes, plans) as pickles. Rank 0
is the root of everything.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NoReturn, TypeVar

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import EXIT_INTERNAL

if TYPE_CHECKING:
    from mpi4py import MPI

T = TypeVar("T")
FloatArray = NDArray[np.float64]


class Communicator(ABC):
    """The ranks of one job.

    Attributes:
        rank: number of this process, 0 to size - 1.
        size: number of processes.
        library: the MPI library, or "none".
        note: a sentence for the user on how this communicator came about; often empty.
    """

    rank: int
    size: int
    library: str
    note: str = ""

    @property
    def is_root(self) -> bool:
        return self.rank == 0

    def place(self, rank: int) -> str:
        """ "rank 2 of 4": of all ranks of the job, also where these are only some of them."""
        return f"rank {rank} of {self.size}"

    @abstractmethod
    def bcast(self, value: T) -> T:
        """Rank 0's `value`, on every rank."""

    @abstractmethod
    def allgather(self, value: T) -> list[T]:
        """Every rank's `value` by rank, on every rank."""

    @abstractmethod
    def gather(self, value: T) -> list[T] | None:
        """Every rank's `value` by rank, on rank 0; None elsewhere."""

    @abstractmethod
    def barrier(self) -> None:
        """Wait until every rank has come here."""

    @abstractmethod
    def broadcast_array(self, array: FloatArray) -> None:
        """Overwrite `array` (contiguous, of one shape everywhere) with rank 0's, bit by bit."""

    @abstractmethod
    def gather_rows(self, rows: FloatArray, counts: Sequence[int]) -> FloatArray | None:
        """All ranks' `rows` one after the other, shape (sum(counts), width), on rank 0; None elsewhere.

        Args:
            rows: contiguous, shape (counts[rank], width), with one width everywhere.
            counts: rows that each rank contributes, known to all.
        """

    @abstractmethod
    def send(self, value: object, rank: int) -> None:
        """Send an object to `rank`, which receives it with `receive`."""

    @abstractmethod
    def receive(self, rank: int) -> object:
        """The object that `rank` sends."""

    @abstractmethod
    def waiting(self) -> int | None:
        """A rank that has sent something which was not received yet; None where there is none now."""

    @abstractmethod
    def split(self, colour: int) -> Communicator:
        """The ranks that give the same `colour`, in their order; collective."""

    @abstractmethod
    def on_machine(self) -> list[int]:
        """The ranks that share this one's memory, itself included, in order; collective."""

    @abstractmethod
    def free(self) -> None:
        """Give back what `split` took; collective over its ranks, which do not use it any more."""

    @abstractmethod
    def meeting(self) -> Callable[[float], bool]:
        """A function by which ranks wait for all others to call it too; collective.

        It takes the seconds to wait at most, and tells whether all have come. To be called once.
        """

    @abstractmethod
    def roll_call(self, word: str) -> list[str]:
        """Every rank's `word` (at most 32 letters of ASCII) by rank, however long the others take.

        Waiting costs no processor time, and interferes with no other operation.
        """

    @abstractmethod
    def abort(self, code: int = EXIT_INTERNAL) -> NoReturn:
        """End every rank now, with this exit code."""


class SerialCommunicator(Communicator):
    """One process, no MPI."""

    def __init__(self, note: str = "") -> None:
        self.rank, self.size, self.library, self.note = 0, 1, "none", note

    def bcast(self, value: T) -> T:
        return value

    def allgather(self, value: T) -> list[T]:
        return [value]

    def gather(self, value: T) -> list[T] | None:
        return [value]

    def barrier(self) -> None:
        return

    def broadcast_array(self, array: FloatArray) -> None:
        return

    def gather_rows(self, rows: FloatArray, counts: Sequence[int]) -> FloatArray | None:
        return rows

    def send(self, value: object, rank: int) -> None:
        raise ValueError("one process has no other rank to send to")

    def receive(self, rank: int) -> object:
        raise ValueError("one process has no other rank to receive from")

    def waiting(self) -> int | None:
        return None

    def split(self, colour: int) -> Communicator:
        return self

    def on_machine(self) -> list[int]:
        return [0]

    def free(self) -> None:
        return

    def meeting(self) -> Callable[[float], bool]:
        return lambda seconds: True

    def roll_call(self, word: str) -> list[str]:
        return [word]

    def abort(self, code: int = EXIT_INTERNAL) -> NoReturn:
        _flush()
        # From a thread, sys.exit would end the thread alone.
        os._exit(code)


class MpiCommunicator(Communicator):
    """The ranks of an mpi4py communicator (duplicated, so that other code's messages stay apart)."""

    def __init__(self, world: MPI.Comm, library: str) -> None:
        self._mpi = world.Dup()
        self._roll = world.Dup()
        self.rank = int(self._mpi.Get_rank())
        self.size = int(self._mpi.Get_size())
        self.library = library
        self._places: list[str] | None = None

    def place(self, rank: int) -> str:
        return super().place(rank) if self._places is None else self._places[rank]

    def bcast(self, value: T) -> T:
        received: T = self._mpi.bcast(value, root=0)
        return received

    def allgather(self, value: T) -> list[T]:
        everyone: list[T] = self._mpi.allgather(value)
        return everyone

    def gather(self, value: T) -> list[T] | None:
        everyone: list[T] | None = self._mpi.gather(value, root=0)
        return everyone

    def barrier(self) -> None:
        self._mpi.Barrier()

    def broadcast_array(self, array: FloatArray) -> None:
        self._mpi.Bcast(array, root=0)

    def gather_rows(self, rows: FloatArray, counts: Sequence[int]) -> FloatArray | None:
        from mpi4py import MPI

        if self.rank:
            self._mpi.Gatherv([rows, MPI.DOUBLE], None, root=0)
            return None
        width = rows.shape[1]
        everything = np.empty((sum(counts), width))
        items = [count * width for count in counts]
        starts = np.concatenate([[0], np.cumsum(items)[:-1]]).tolist()
        self._mpi.Gatherv([rows, MPI.DOUBLE], [everything, items, starts, MPI.DOUBLE], root=0)
        return everything

    def send(self, value: object, rank: int) -> None:
        self._mpi.send(value, dest=rank)

    def receive(self, rank: int) -> object:
        received: object = self._mpi.recv(source=rank)
        return received

    def waiting(self) -> int | None:
        from mpi4py import MPI

        status = MPI.Status()
        return int(status.Get_source()) if self._mpi.Iprobe(status=status) else None

    def split(self, colour: int) -> Communicator:
        part = self._mpi.Split(colour, self.rank)
        own = MpiCommunicator(part, self.library)
        part.Free()
        own._places = own.allgather(self.place(self.rank))
        return own

    def on_machine(self) -> list[int]:
        from mpi4py import MPI

        machine = self._mpi.Split_type(MPI.COMM_TYPE_SHARED, key=self.rank)
        ranks: list[int] = machine.allgather(self.rank)
        machine.Free()
        return ranks

    def free(self) -> None:
        self._mpi.Free()
        self._roll.Free()

    def meeting(self) -> Callable[[float], bool]:
        # Of its own, since the others may be in the middle of an operation of the first one.
        apart = self._mpi.Dup()

        def meet(seconds: float) -> bool:
            request, begin = apart.Ibarrier(), time.monotonic()
            while not request.Test():
                if time.monotonic() - begin > seconds:
                    return False
                time.sleep(0.01)
            return True

        return meet

    def roll_call(self, word: str) -> list[str]:
        own = np.frombuffer(word.encode("ascii").ljust(32), dtype=np.uint8)
        everyone = np.empty((self.size, 32), dtype=np.uint8)
        request, pause = self._roll.Iallgather(own, everyone), 1e-5
        while not request.Test():
            time.sleep(pause)
            pause = min(2.0 * pause, 0.01)
        return [bytes(each).decode("ascii").rstrip() for each in everyone]

    def abort(self, code: int = EXIT_INTERNAL) -> NoReturn:
        from mpi4py import MPI

        _flush()
        # Not the duplicate: some libraries then end its ranks one by one, with other exit codes.
        MPI.COMM_WORLD.Abort(code)
        # MPICH's may return: it has asked mpirun, which is about to end this process too.
        time.sleep(2.0)
        os._exit(code)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
