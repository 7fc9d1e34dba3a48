"""How far an analysis is, on standard error: a bar on a terminal, elsewhere a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: seconds from the first thing done until a line is written, so that what is quick says nothing
_QUIET = 10.0


@contextmanager
def shown(counted: str) -> Iterator[Callable[[int, int], None]]:
    """What takes how much is done, and how much there is.

    Args:
        counted: what is counted: "fits".
    """
    if not sys.stderr.isatty():
        yield Tenths(counted)
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading and evaluating the data", total=None)
        yield lambda done, total: bar.update(task, description=counted, completed=done, total=total)


class Tenths:
    """A line for each tenth of what there is to do, for log files."""

    def __init__(self, counted: str) -> None:
        self._counted, self._tenth = counted, 0
        self._begin: float | None = None

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        self._begin = now if self._begin is None else self._begin
        tenth = 10 * done // total
        if tenth > self._tenth and now - self._begin > _QUIET:
            print(f"{done} of {total} {self._counted} done", file=sys.stderr, flush=True)
        self._tenth = tenth
