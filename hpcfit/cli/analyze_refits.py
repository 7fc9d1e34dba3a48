"""`hpcfit analyze profile`, `bootstrap` and `cross-validation`: what takes many fits."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpcfit.cli.analyze import Output, Run
from hpcfit.cli.progress import shown
from hpcfit.errors import HpcfitError, RunError

if TYPE_CHECKING:
    from hpcfit.analysis.refits import Progress
    from hpcfit.analysis.report import Report
    from hpcfit.output.result import Result
    from hpcfit.parallel.communicator import Communicator

Groups = Annotated[
    int | None,
    typer.Option(min=1, help="Groups of ranks, each of which makes fits of its own; by default all of use."),
]
Seed = Annotated[int, typer.Option(min=0, help="Seed of the random numbers.")]


def profile(
    run: Run,
    parameter: Annotated[
        list[str] | None,
        typer.Option(help="Only this parameter; may be repeated."),
    ] = None,
    points: Annotated[int, typer.Option(min=1, help="Points on each side of the fitted value.")] = 6,
    extent: Annotated[float, typer.Option(help="How far they go, in standard errors.")] = 3.0,
    groups: Groups = None,
    output: Output = None,
) -> None:
    """Give the profile likelihood of parameters: each held at some points, all others fitted anew.

    Confidence intervals for models that are not linear. Writes profile.json and profile.csv. A command that
    was stopped goes on with the fits that are left.
    """

    def work(comm: Communicator, folder: Path, progress: Progress) -> tuple[Report, Result]:
        from hpcfit.analysis.profile import profile as profiles

        names = parameter or ()
        return profiles(
            comm, run, folder, names, points=points, extent=extent, groups=groups, progress=progress
        )

    carry_out(run, output, work)


def bootstrap(
    run: Run,
    resamples: Annotated[int, typer.Option("--resamples", "-n", help="How many fits.")] = 200,
    stratified: Annotated[
        bool, typer.Option("--stratified", help="Draw within each tag of configurations, or group of rows.")
    ] = False,
    seed: Seed = 0,
    groups: Groups = None,
    output: Output = None,
) -> None:
    """Repeat the fit with configurations, or rows, drawn anew: standard errors that assume no linear model.

    Writes bootstrap.json, bootstrap.csv and bootstrap_samples.csv. A command that was stopped goes on with
    the fits that are left.
    """

    def work(comm: Communicator, folder: Path, progress: Progress) -> tuple[Report, Result]:
        from hpcfit.analysis.bootstrap import bootstrap as repeated

        return repeated(
            comm,
            run,
            folder,
            resamples=resamples,
            stratified=stratified,
            seed=seed,
            groups=groups,
            progress=progress,
        )

    carry_out(run, output, work)


def cross_validation(
    run: Run,
    folds: Annotated[
        int | None,
        typer.Option("--folds", "-k", help="Parts, each of which is left out once; 5 unless given."),
    ] = None,
    by_tag: Annotated[
        bool, typer.Option("--by-tag", help="Leave out the configurations of a tag, or the rows of a group.")
    ] = False,
    seed: Seed = 0,
    groups: Groups = None,
    output: Output = None,
) -> None:
    """Fit without a part of the data, and give the errors on it; for each part in turn.

    Writes cross_validation.json and cross_validation.csv. A command that was stopped goes on with the fits
    that are left.
    """

    def work(comm: Communicator, folder: Path, progress: Progress) -> tuple[Report, Result]:
        from hpcfit.analysis.cross_validation import cross_validation as validated

        if by_tag and folds is not None:
            raise RunError("cross-validation: --by-tag leaves out each tag or group; give no --folds.")
        parts = 5 if folds is None else folds
        return validated(
            comm, run, folder, folds=parts, by_label=by_tag, seed=seed, groups=groups, progress=progress
        )

    carry_out(run, output, work)


def carry_out(
    run: Path,
    output: Path | None,
    work: Callable[[Communicator, Path, Progress], tuple[Report, Result]],
) -> None:
    """Let `work` do its fits, print what it finds, and write it; on all ranks."""
    # Imported before MPI is initialized: a process that fails here ends without holding up the others.
    from hpcfit.analysis.report import write_report
    from hpcfit.parallel.agree import from_root
    from hpcfit.parallel.guard import guard
    from hpcfit.parallel.world import world

    comm, folder = world(), output or run / "analysis"
    try:
        with guard(comm, "Nothing of the run was changed; please report it with the lines above."):
            with shown("fits") as progress:
                report, result = work(comm, folder, progress)
            files = from_root(comm, lambda: write_report(folder, report, result))
    except HpcfitError as error:
        # The error is the same on all ranks; one message is enough.
        if comm.is_root:
            print(error, file=sys.stderr, flush=True)
        raise typer.Exit(error.exit_code) from None
    if comm.is_root:
        if not result.converged:
            print(f"note: the fit has not converged ({result.verdict})\n")
        print(f"{report}\n\nwritten to {folder}: {', '.join(file.name for file in files)}")
