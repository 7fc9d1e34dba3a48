"""`hpcfit.analyze`: what a finished fit means, from Python."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from threadpoolctl import threadpool_limits

from hpcfit.api.checks import path
from hpcfit.api.collective import collective
from hpcfit.api.outcome import Fit
from hpcfit.errors import HpcfitError, RunError
from hpcfit.parallel.agree import from_root
from hpcfit.parallel.communicator import Communicator

if TYPE_CHECKING:
    from hpcfit.analysis.bootstrap import Bootstrap
    from hpcfit.analysis.covariance import Covariance
    from hpcfit.analysis.cross_validation import CrossValidation
    from hpcfit.analysis.fisher import Spectrum
    from hpcfit.analysis.influence_report import Influence
    from hpcfit.analysis.mcmc.report import Mcmc
    from hpcfit.analysis.profile import Profile
    from hpcfit.analysis.refits import Progress as Told
    from hpcfit.analysis.report import Report
    from hpcfit.analysis.sensitivity_report import Sensitivity
    from hpcfit.analysis.session import Session
    from hpcfit.workflow.reopen import Reopened

    #: one name, or several
    Names = str | Sequence[str]
else:
    Names = object
    Told = object


T = TypeVar("T")


class Analysis:
    """A finished fit, its data read again; made by `hpcfit.analyze`.

    What the methods return prints as what the commands print, and has the numbers as arrays. Under mpirun
    every rank calls them, and gets the same.
    """

    def __init__(self, session: Session, folder: Path | None) -> None:
        self._session, self._folder = session, folder

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
            return _everywhere(comm, self._session.influence())

    def sensitivity(
        self,
        *,
        configurations: Names = (),
        tags: Names = (),
        rows: Names = (),
        quantities: Names = (),
        parameters: Names = (),
    ) -> Sensitivity:
        """Derivatives of the predictions by the fitted parameters, of all that was fitted unless chosen.

        Args:
            configurations, tags: of configurations.
            rows: conditions on the columns of a table, such as "T > 300", which must all hold.
            quantities: "energy", "forces", "stress", or outputs of a table.
            parameters: by their labels.

        Raises:
            RunError: a name that is not there, a choice that makes no sense for this run.
        """
        from hpcfit.analysis.choice import Choice

        given = (configurations, tags, rows, quantities, parameters)
        choice = Choice(*([each] if isinstance(each, str) else tuple(each) for each in given))
        with self._call("sensitivity()") as comm:
            return _everywhere(comm, self._session.sensitivity(choice))

    def profile(
        self,
        *parameters: str,
        points: int = 6,
        extent: float = 3.0,
        groups: int | None = None,
        progress: Told | None = None,
    ) -> Profile:
        """Profile likelihood: each parameter held at some points, all others fitted anew.

        Args:
            parameters: by their labels; all that were fitted unless given.
            points: on each side of the fitted value, as far as `extent` standard errors.
            groups: of ranks, each of which makes fits of its own; by default as many as are of use.
            progress: called on rank 0 with fits done, and how many there are.

        Raises:
            RunError: a name that is not there, a parameter without a standard error, or no run folder.
        """
        from hpcfit.analysis.profile import profile

        with self._call("profile()") as comm:
            run, kept = self._places("profile()")
            arguments = {"points": points, "extent": extent, "groups": groups, "progress": progress}
            return profile(comm, run, kept, parameters, **arguments)[0]  # type: ignore[arg-type]

    def bootstrap(
        self,
        resamples: int = 200,
        *,
        stratified: bool = False,
        seed: int = 0,
        groups: int | None = None,
        progress: Told | None = None,
    ) -> Bootstrap:
        """Standard errors by fits of configurations, or rows, that are drawn anew.

        Args:
            stratified: draw within each tag of configurations, or group of rows.
            groups, progress: as for `profile`.

        Raises:
            RunError: nothing to go by, hardly any fit that converged, or no run folder.
        """
        from hpcfit.analysis.bootstrap import bootstrap

        with self._call("bootstrap()") as comm:
            run, kept = self._places("bootstrap()")
            return bootstrap(
                comm,
                run,
                kept,
                resamples=resamples,
                stratified=stratified,
                seed=seed,
                groups=groups,
                progress=progress,
            )[0]

    def cross_validation(
        self,
        folds: int = 5,
        *,
        by_tag: bool = False,
        seed: int = 0,
        groups: int | None = None,
        progress: Told | None = None,
    ) -> CrossValidation:
        """Errors on data that had no part in the fit, for each part of the data in turn.

        Args:
            by_tag: leave out the configurations of a tag, or the rows of a group, in place of `folds` parts.
            groups, progress: as for `profile`.

        Raises:
            RunError: no tags to go by, more folds than data, or no run folder.
        """
        from hpcfit.analysis.cross_validation import cross_validation

        with self._call("cross_validation()") as comm:
            run, kept = self._places("cross_validation()")
            return cross_validation(
                comm, run, kept, folds=folds, by_label=by_tag, seed=seed, groups=groups, progress=progress
            )[0]

    def mcmc(
        self,
        steps: int = 2000,
        *,
        walkers: int | None = None,
        burn_in: int | None = None,
        thin: int = 1,
        temperature: float | str = "residuals",
        seed: int = 0,
        restart: bool = False,
        progress: Callable[[int, int], object] | None = None,
    ) -> Mcmc:
        """The parameters sampled by an ensemble of walkers, or more steps of a chain that is there.

        Args:
            steps: of each walker, earlier ones included.
            walkers: 4 for each parameter, at least 32, unless given.
            burn_in: steps that are left out, a quarter unless given.
            thin: one of so many steps is kept.
            temperature: T of exp(-L/T): a number, "residuals" or "sloppy".
            restart: whatever is there.
            progress: called on rank 0 with the steps done, and how many there are to be.

        Raises:
            RunError: emcee is missing, settings that make no sense, another chain, or no run folder.
        """
        from hpcfit.analysis.mcmc.sample import sample
        from hpcfit.analysis.mcmc.settings import Settings

        settings = Settings(steps, walkers, burn_in, thin, seed, str(temperature), restart)
        with self._call("mcmc()") as comm:
            session, kept = self._session, self._places("mcmc()")[1]
            found = sample(comm, session.reopened, session.linearized, settings, kept, progress)
            return _everywhere(comm, found)

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
        with _quiet(f"analyze().{name}") as comm:
            yield comm


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

    with _quiet("analyze()") as comm:
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


@contextmanager
def _quiet(call: str) -> Iterator[Communicator]:
    """The ranks, one thread each; errors without our own lines."""
    with collective(call) as comm:
        try:
            with threadpool_limits(limits=1, user_api="blas"):
                yield comm
        except HpcfitError as error:
            raise error.with_traceback(None) from None


def _everywhere(comm: Communicator, found: T | None) -> T:
    made = comm.bcast(found)
    assert made is not None
    return made
