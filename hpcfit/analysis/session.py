"""One run, opened once for any number of analyses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

from threadpoolctl import threadpool_limits

from hpcfit.analysis.choice import Choice
from hpcfit.analysis.covariance import Covariance, covariance
from hpcfit.analysis.fisher import Spectrum, fisher
from hpcfit.analysis.influence import Progress, influence
from hpcfit.analysis.influence_report import Influence
from hpcfit.analysis.linearized import Linearized, linearize
from hpcfit.analysis.report import Report, write_report
from hpcfit.analysis.sensitivity import sensitivity
from hpcfit.analysis.sensitivity_report import Sensitivity
from hpcfit.output.result import Result
from hpcfit.parallel.agree import agreement, from_root
from hpcfit.parallel.communicator import Communicator
from hpcfit.parallel.guard import guard
from hpcfit.workflow.reopen import Reopened, reopen_run

_ADVICE = "Nothing of the run was changed; please report it with the lines above."


class Session:
    """A reopened run; every method is collective.

    Args:
        progress: called on rank 0 with chunks done, and how many there are.
    """

    def __init__(self, comm: Communicator, reopened: Reopened, progress: Progress | None = None) -> None:
        self.comm, self.reopened, self.progress = comm, reopened, progress

    @cached_property
    def linearized(self) -> Linearized:
        """All derivatives at the end of the fit, evaluated when they are first needed."""
        return linearize(self.comm, self.reopened)

    def covariance(self) -> Covariance:
        """See `hpcfit.analysis.covariance`; the same on all ranks."""
        found = self.linearized
        with agreement(self.comm):
            return covariance(found)

    def fisher(self) -> Spectrum:
        """See `hpcfit.analysis.fisher`; the same on all ranks."""
        found = self.linearized
        with agreement(self.comm):
            return fisher(found)

    def influence(self) -> Influence | None:
        """See `hpcfit.analysis.influence`; on rank 0."""
        return influence(self.comm, self.reopened, self.linearized, self.progress)

    def sensitivity(self, choice: Choice | None = None) -> Sensitivity | None:
        """See `hpcfit.analysis.sensitivity`; on rank 0."""
        return sensitivity(self.comm, self.reopened, choice, self.progress)


def analyze_run(
    comm: Communicator,
    path: Path,
    output: Path,
    work: Callable[[Session], Sequence[Report | None]],
    progress: Progress | None = None,
) -> str:
    """Open a run, let `work` analyze it, and write what it finds; collective.

    Args:
        output: the folder to write to.

    Returns:
        What to print, on rank 0.

    Raises:
        HpcfitError: on all ranks alike.
    """
    with guard(comm, _ADVICE), threadpool_limits(limits=1, user_api="blas"):
        reopened = reopen_run(comm, path)
        reports = work(Session(comm, reopened, progress))
        return from_root(comm, lambda: _written(reports, output, reopened.result))


def _written(reports: Sequence[Report | None], output: Path, result: Result) -> str:
    parts = [] if result.converged else [f"note: the fit has not converged ({result.verdict})"]
    files: list[Path] = []
    for report in reports:
        assert report is not None
        parts.append(str(report))
        files += write_report(output, report, result)
    names = ", ".join(file.name for file in files)
    return "\n\n".join([*parts, f"written to {output}: {names}"])
