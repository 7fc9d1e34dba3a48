"""Tasks handed out to groups of ranks, one at a time, to whichever is free.

The first rank of each group asks for a task. Rank 0 of all answers, which is itself the first rank of a
group: it looks for messages after each iteration of its own tasks, and needs no thread. A message to rank 0
is (what, task, record), an answer a number of a task, END or STOP.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from hpcfit.errors import HpcfitError
from hpcfit.parallel.groups import Groups

#: in place of a task: there is none left
END = -1
#: at any time: leave the task that you are at
STOP = -2
_PAUSE = 1e-3

#: called on rank 0 with a task and what became of it; True asks to stop
Report = Callable[[int, Any], bool]


class Tasks(ABC):
    """What the first rank of a group has to do.

    Attributes:
        stopping: no more tasks are begun, and those begun are left.
    """

    stopping: bool = False

    @abstractmethod
    def first(self) -> int | None:
        """A task to begin with; None when there is none."""

    @abstractmethod
    def after(self, task: int, record: Any) -> int | None:
        """Tell what became of a task (None: it was left unfinished), and take another one."""

    @abstractmethod
    def look(self, asked_to_stop: bool) -> bool:
        """Look for messages, between two iterations; whether to leave the task."""

    @abstractmethod
    def failed(self) -> None:
        """The group takes no part any more, because of an error; all others leave their tasks."""


class OwnTasks(Tasks):
    """On rank 0, which has the list of them.

    Args:
        open_tasks: to be done, in this order.
        report: called with each that is finished; may raise an HpcfitError, which ends all.
    """

    def __init__(self, groups: Groups, open_tasks: Iterable[int], report: Report) -> None:
        self._comm = groups.world
        self._open = deque(open_tasks)
        self._report = report
        self._others = set(groups.heads[1:])
        self.stopping = False
        self.error: HpcfitError | None = None

    def first(self) -> int | None:
        return self._next()

    def after(self, task: int, record: Any) -> int | None:
        self._note(task, record)
        self._answer_all()
        return self._next()

    def look(self, asked_to_stop: bool) -> bool:
        if asked_to_stop:
            self._stop()
        self._answer_all()
        return self.stopping

    def failed(self) -> None:
        self._stop()

    def finish(self, asked_to_stop: Callable[[], bool]) -> None:
        """Wait until the other groups have done, or left, what they are at.

        Raises:
            HpcfitError: of a report.
        """
        while self._others:
            if asked_to_stop():
                self._stop()
            if not self._answer_all():
                time.sleep(_PAUSE)
        if self.error is not None:
            raise self.error

    def _next(self) -> int | None:
        return None if self.stopping or not self._open else self._open.popleft()

    def _answer_all(self) -> bool:
        """Answer what has come; whether there was something."""
        found = False
        while self._others and (rank := self._comm.waiting()) is not None:
            message: Any = self._comm.receive(rank)
            self._answer(rank, *message)
            found = True
        return found

    def _answer(self, rank: int, what: str, task: int, record: Any) -> None:
        if what == "stop":
            self._stop()
            return
        if what == "done":
            self._note(task, record)
        if what == "failed":
            self._stop()
        own = self._next() if what != "failed" else None
        if own is None:
            self._others.discard(rank)
        self._comm.send(END if own is None else own, rank)

    def _note(self, task: int, record: Any) -> None:
        if record is None or self.error is not None:
            return
        try:
            if self._report(task, record):
                self._stop()
        except HpcfitError as error:
            # Raised in `finish`, when nobody waits for an answer any more.
            self.error = error
            self._stop()

    def _stop(self) -> None:
        if not self.stopping:
            self.stopping = True
            for rank in sorted(self._others):
                self._comm.send(STOP, rank)


class TasksOfOthers(Tasks):
    """On the first ranks of the other groups, which ask rank 0."""

    def __init__(self, groups: Groups) -> None:
        self._comm = groups.world
        self._told = False
        self.stopping = False

    def first(self) -> int | None:
        self._comm.send(("ready", END, None), 0)
        return self._answer()

    def after(self, task: int, record: Any) -> int | None:
        self._comm.send(("done", task, record), 0)
        return self._answer()

    def look(self, asked_to_stop: bool) -> bool:
        if asked_to_stop and not self._told:
            self._told = True
            self._comm.send(("stop", END, None), 0)
        if self._comm.waiting() is not None:
            self._comm.receive(0)  # nothing but STOP comes unasked
            self.stopping = True
        return self.stopping or self._told

    def failed(self) -> None:
        self._comm.send(("failed", END, None), 0)
        self._answer()

    def _answer(self) -> int | None:
        while True:
            answer: Any = self._comm.receive(0)
            if answer != STOP:
                return None if answer == END else int(answer)
            self.stopping = True
