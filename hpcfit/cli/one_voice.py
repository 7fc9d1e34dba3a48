"""Under mpirun every process is given the same words: one of them tells what is wrong with them.

MPI is not asked for it: it takes long to start, and a command that is wrong has no use for it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from hpcfit.parallel.launcher import detect_launch

#: commands that one process does alone, however many are started
ALONE = frozenset({"check", "models", "plugins", "potentials"})
#: commands that each process does for itself: a batch script may give each of them files of its own
_EACH = frozenset({"convert-units", "export", "import", "inspect", "merge", "new-plugin", "split"})
#: many an mpirun ends all processes as soon as one returns an error; the one that speaks must come first
_SECONDS_FOR_THE_MESSAGE = 3.0
#: what all mistakes in the words of a command derive from; typer tells no name of it
_MISTAKE: type[Exception] = typer.BadParameter.__mro__[1]


def another_speaks(command: str | None, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether what this process would say of its words is said by the first one of those that were started.

    Args:
        command: None where the words name none.
    """
    launch = detect_launch(environment)
    return launch is not None and launch.rank > 0 and command not in _EACH


def leave(code: int) -> NoReturn:
    """End this process without a word, once another one has had the time to speak."""
    time.sleep(_SECONDS_FOR_THE_MESSAGE)
    raise SystemExit(code)


class SilentGroup(TyperGroup):
    """Commands of a process that is not to speak: a mistake in its words ends it silently."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """As typer does; this reads the words before the command."""
        with _unsaid():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:
        """As typer does; this reads the words after the command and calls it."""
        with _unsaid():
            return super().invoke(ctx)


@contextmanager
def _unsaid() -> Iterator[None]:
    try:
        yield
    except _MISTAKE as mistake:
        leave(int(getattr(mistake, "exit_code", 2)))
