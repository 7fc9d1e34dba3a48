"""`hpcfit analyze RUN`: how far a finished fit can be trusted."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from hpcfit.cli.progress import shown
from hpcfit.errors import HpcfitError, RunError

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


def analyze(
    run: Run,
    unknown: Annotated[str | None, typer.Argument(hidden=True)] = None,
    output: Output = None,
) -> None:
    """Say how far a fit can be trusted: standard errors, correlations, stiff and sloppy directions.

    Does what `analyze covariance` and `analyze fisher` do. All of these commands read the data of the run
    again, on as many processes as mpirun starts, with the same numbers on any number. They print what they
    find, and write it as JSON and as CSV. `hpcfit analyze RUN covariance` is the same as
    `hpcfit analyze covariance RUN`.
    """
    if unknown is not None:
        refuse_analysis(run, unknown)
    carry_out(run, output, lambda session: [session.covariance(), session.fisher()])


def refuse_analysis(run: Path, word: str) -> NoReturn:
    """Raise RunError: of two words, neither is an analysis, or it does not stand beside `analyze`."""
    from hpcfit.cli.app import COMMANDS
    from hpcfit.suggest import suggestion

    known = [name.removeprefix("analyze ") for name in COMMANDS if name.startswith("analyze ")]
    wanted = str(run) if Path(word).exists() and not run.exists() else word
    if wanted in known:
        sentence = f"options stand after {wanted}: hpcfit analyze {wanted} RUN --output FOLDER"
    else:
        sentence = f"there is no analysis {wanted!r}.{suggestion(wanted, known)}"
    raise RunError(f"analyze: {sentence}")


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
    test: Annotated[
        bool, typer.Option("--test", help="Of what was held out of the fit, in place of what was fitted.")
    ] = False,
    output: Output = None,
) -> None:
    """Give the derivative of every prediction by every fitted parameter, raw and relative.

    Of the configurations, or rows of the table, that were fitted, or of those held out. Writes
    sensitivity.json and sensitivity.csv.
    """

    def work(session: Session) -> list[Report | None]:
        from hpcfit.analysis.choice import Choice

        choice = Choice(configuration or (), tag or (), row or (), quantity or (), parameter or (), test=test)
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
        with shown(counted) as progress:
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
