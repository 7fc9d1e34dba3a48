"""A run opened for analyses: what all methods of `hpcfit.Analysis` need, and the writing of their reports."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from threadpoolctl import threadpool_limits

from hpcfit.api.collective import collective
from hpcfit.errors import HpcfitError, RunError
from hpcfit.parallel.agree import from_root
from hpcfit.parallel.communicator import Communicator

if TYPE_CHECKING:
    from hpcfit.analysis.report import Report
    from hpcfit.analysis.session import Session

T = TypeVar("T")


class OpenedRun:
    """A reopened run, and its folder if it has one."""

    def __init__(self, session: Session, folder: Path | None) -> None:
        self._session, self._folder = session, folder

    def _places(self, call: str) -> tuple[Path, Path]:
        """The run folder, and where unfinished work is kept."""
        if self._folder is None:
            raise RunError(f"{call}: this fit has no run folder; give fit() one by its argument folder.")
        return self._folder, self._folder / "analysis"

    def write(self, report: Report, folder: str | os.PathLike[str] | None = None) -> list[Path]:
        """Write what another method has returned as JSON and CSV; the paths, on every rank.

        Args:
            folder: by default the folder analysis in the run folder.

        Raises:
            RunError: the folder cannot be written to, or is not given for a fit without a run folder.
        """
        from hpcfit.analysis.report import write_report

        with self._call("write()") as comm:
            if folder is None and self._folder is None:
                raise RunError("write(): folder: this fit has no run folder; say where to write.")
            place = Path(folder) if folder is not None else self._folder / "analysis"  # type: ignore[operator]
            return from_root(comm, lambda: write_report(place, report, self._session.reopened.result))

    @contextmanager
    def _call(self, name: str) -> Iterator[Communicator]:
        with quiet(f"analyze().{name}") as comm:
            yield comm


@contextmanager
def quiet(call: str) -> Iterator[Communicator]:
    """The ranks, one thread each; errors without our own lines."""
    with collective(call) as comm:
        try:
            with threadpool_limits(limits=1, user_api="blas"):
                yield comm
        except HpcfitError as error:
            raise error.with_traceback(None) from None


def everywhere(comm: Communicator, found: T | None) -> T:
    made = comm.bcast(found)
    assert made is not None
    return made
