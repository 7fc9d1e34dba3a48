"""`hpcfit analyze RUN`: how far a finished fit can be trusted."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpcfit.errors import HpcfitError

if TYPE_CHECKING:
    from hpcfit.analysis.report import Report
    from hpcfit.analysis.session import Session

Run = Annotated[
    Path, typer.Argument(metavar="RUN", help="The run folder of a finished fit.", show_default=False)
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FOLDER", help="Where to write, by default the folder analysis in RUN."
    ),
]


def analyze(run: Run, output: Output = None) -> None:
    """Say how far a fit can be trusted: standard errors, correlations, stiff and sloppy directions.

    Does what `analyze covariance` and `analyze fisher` do. All of these commands read the data of the run
    again, on as many processes as mpirun starts, with the same numbers on any number. They print what they
    find, and write it as JSON and as CSV. `hpcfit analyze RUN covariance` is the same as
    `hpcfit analyze covariance RUN`.
    """
    carry_out(run, output, lambda session: [session.covariance(), session.fisher()])


def covariance(run: Run, output: Output = None) -> None:
    """Give the standard errors of the fitted parameters, their covariance and correlations.

    Writes covariance.json, standard_errors.csv, covariance.csv and correlation.csv.
    """
    carry_out(run, output, lambda session: [session.covariance()])


def fisher(run: Run, output: Output = None) -> None:
    """Give the directions in which the data determine the parameters well (stiff) or hardly (sloppy).

    These are the eigenvectors of the Fisher information of relative changes, in words of parameters. Names
    parameters without influence. Writes fisher.json and fisher.csv.
    """
    carry_out(run, output, lambda session: [session.fisher()])


def sensitivity(
    run: Run,
    configuration: Annotated[
        list[str] | None, typer.Option(help="Only this configuration, by its identifier; may be repeated.")
    ] = None,
    tag: Annotated[
        list[str] | None, typer.Option(help="Only configurations with this tag; may be repeated.")
    ] = None,
    row: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CONDITION", help='Only rows of the table with this, such as "T > 300"; may be repeated.'
        ),
    ] = None,
    quantity: Annotated[
        list[str] | None,
        typer.Option(help="Only energy, forces or stress, or an output of the table; may be repeated."),
    ] = None,
    parameter: Annotated[
        list[str] | None, typer.Option(help="Only derivatives by this parameter; may be repeated.")
    ] = None,
    output: Output = None,
) -> None:
    """Give the derivative of every prediction by every fitted parameter, raw and relative.

    Of the configurations, or rows of the table, that were fitted. Writes sensitivity.json and
    sensitivity.csv.
    """

    def work(session: Session) -> list[Report | None]:
        from hpcfit.analysis.choice import Choice

        choice = Choice(configuration or (), tag or (), row or (), quantity or (), parameter or ())
        return [session.sensitivity(choice)]

    carry_out(run, output, work)


def influence(run: Run, output: Output = None) -> None:
    """Give leverage, influence and studentized residuals of each configuration or row, and name outliers.

    Writes influence.json and influence.csv.
    """
    carry_out(run, output, lambda session: [session.influence()])


def carry_out(
    run: Path,
    output: Path | None,
    work: Callable[[Session], list[Report | None]],
    counted: str = "chunks of the data",
) -> None:
    """Open a run, print what `work` finds, and write it; on all ranks.

    Args:
        output: a folder; by default the folder analysis in the run folder.
        counted: what progress is shown of.
    """
    # Imported before MPI is initialized: a process that fails here ends without holding up the others.
    from hpcfit.analysis.session import analyze_run
    from hpcfit.parallel.world import world

    comm = world()
    try:
        with _shown(counted) as progress:
            written = analyze_run(
                comm, run, output or run / "analysis", work, progress if comm.is_root else None
            )
    except HpcfitError as error:
        # The error is the same on all ranks; one message is enough.
        if comm.is_root:
            print(error, file=sys.stderr, flush=True)
        raise typer.Exit(error.exit_code) from None
    if comm.is_root:
        if comm.note:
            print(comm.note)
        print(written)


@contextmanager
def _shown(counted: str) -> Iterator[Callable[[int, int], None] | None]:
    """A line on standard error that says how far it is, where that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(counted)
        yield lambda done, total: bar.update(task, completed=done, total=total)
