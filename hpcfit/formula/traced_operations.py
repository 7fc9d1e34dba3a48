"""What is remembered while a Python function is traced: operations, how many there were, what went wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

#: operations of one function; a loop without end stops here
MOST_OPERATIONS = 3000


class TraceError(Exception):
    """What cannot be traced, and what to write instead."""


@dataclass
class Tally:
    """What one tracing has met: the number of operations, and the first fault even if it was caught."""

    operations: int = 0
    fault: TraceError | None = None

    def fail(self, sentence: str) -> NoReturn:
        """Raise TraceError."""
        error = TraceError(sentence)
        self.fault = self.fault or error
        raise error


@dataclass(frozen=True, eq=False, slots=True)
class Part:
    """One operation: "number" or "name" with a value, an operator, a function, or "where".

    The value of "where" is its comparison; its arguments are the two sides, and the two branches. That of
    "bspline" is the text of its keywords.
    """

    op: str
    args: tuple[Part, ...] = ()
    value: float | str = 0.0
