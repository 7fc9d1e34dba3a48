"""`hpcfit.analyze`: what a finished fit means, from Python."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hpcfit.api.checks import path
from hpcfit.api.opened_run import everywhere, quiet
from hpcfit.api.outcome import Fit
from hpcfit.api.repeated_fits import RepeatedFits
from hpcfit.errors import RunError
from hpcfit.parallel.communicator import Communicator

if TYPE_CHECKING:
    from hpcfit.analysis.covariance import Covariance
    from hpcfit.analysis.fisher import Spectrum
    from hpcfit.analysis.influence_report import Influence
    from hpcfit.analysis.sensitivity_report import Sensitivity
    from hpcfit.workflow.reopen import Reopened

    #: one name, or several
    Names = str | Sequence[str]
else:
    Names = object


class Analysis(RepeatedFits):
    """A finished fit, its data read again; made by `hpcfit.analyze`.

    What the methods return prints as what the commands print, and has the numbers as arrays. Under mpirun
    every rank calls them, and gets the same.
    """

    def covariance(self) -> Covariance:
        """Standard errors, covariance and correlations of the fitted parameters.

        Raises:
            RunError: no degree of freedom is left, or derivatives are not finite.
        """
        with self._call("covariance()"):
            return self._session.covariance()

    def fisher(self) -> Spectrum:
        """Stiff and sloppy directions of the parameters, and those without influence.

        Raises:
            RunError: derivatives are not finite.
        """
        with self._call("fisher()"):
            return self._session.fisher()

    def influence(self) -> Influence:
        """Leverage, Cook's distance and studentized residuals of each configuration or row.

        Raises:
            HpcfitError: derivatives are not finite, or a function of the job fails.
        """
        with self._call("influence()") as comm:
            return everywhere(comm, self._session.influence())

    def sensitivity(
        self,
        *,
        configurations: Names = (),
        tags: Names = (),
        rows: Names = (),
        quantities: Names = (),
        parameters: Names = (),
        test: bool = False,
    ) -> Sensitivity:
        """Derivatives of the predictions by the fitted parameters, of all that was fitted unless chosen.

        Args:
            configurations, tags: of configurations.
            rows: conditions on the columns of a table, such as "T > 300", which must all hold.
            quantities: "energy", "forces", "stress", or outputs of a table.
            parameters: by their labels.
            test: of what was held out of the fit, in place of what was fitted.

        Raises:
            RunError: a name that is not there, a choice that makes no sense for this run.
        """
        from hpcfit.analysis.choice import Choice

        given = (configurations, tags, rows, quantities, parameters)
        names = [(each,) if isinstance(each, str) else tuple(each) for each in given]
        choice = Choice(*names, test=test)
        with self._call("sensitivity()") as comm:
            return everywhere(comm, self._session.sensitivity(choice))


def analyze(
    run: str | os.PathLike[str] | Fit, *, progress: Callable[[int, int], object] | None = None
) -> Analysis:
    """Open a finished run to see how far its result can be trusted; collective under mpirun.

    The data are read again, and must be what they were.

    Args:
        run: a run folder, or a fit. One that left no folder must have had its data in files.
        progress: called on rank 0 with how many chunks of its data are done, and how many there are.

    Raises:
        RunError: no run folder, no result, or data, files or functions are not what they were.
    """
    from hpcfit.analysis.session import Session

    with quiet("analyze()") as comm:
        folder = run.folder if isinstance(run, Fit) else path(run, "analyze(): run")
        return Analysis(Session(comm, _reopened(comm, run, folder), progress), folder)


def _reopened(comm: Communicator, run: object, folder: Path | None) -> Reopened:
    from hpcfit.workflow.reopen import reopen, reopen_run
    from hpcfit.workflow.run_source import Source

    source = run.job_source if isinstance(run, Fit) else None
    if isinstance(run, Fit) and source is not None:
        return reopen(comm, Source(source, run.result), "analyze()")
    if folder is None:
        raise RunError("analyze(): this fit has neither a job nor a run folder.")
    return reopen_run(comm, folder)
