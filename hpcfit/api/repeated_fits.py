"""The analyses that take many fits or evaluations, and keep what is finished in the run folder."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hpcfit.api.opened_run import OpenedRun, everywhere

if TYPE_CHECKING:
    from hpcfit.analysis.bootstrap import Bootstrap
    from hpcfit.analysis.cross_validation import CrossValidation
    from hpcfit.analysis.mcmc.report import Mcmc
    from hpcfit.analysis.profile_report import Profile
    from hpcfit.analysis.refits import Progress as Told
else:
    Told = object


class RepeatedFits(OpenedRun):
    """Profiles, resampling, cross-validation and chains of a run that has a folder."""

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
            return everywhere(comm, found)
