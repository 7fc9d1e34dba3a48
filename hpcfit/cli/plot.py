"""`hpcfit plot`: pictures of a run."""

from __future__ import annotations

import sys
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from hpcfit.errors import HpcfitError


class Format(Enum):
    """Of the files."""

    PNG = "png"
    SVG = "svg"
    BOTH = "both"


def plot(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a finished run.")],
    kind: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KIND]...", help="Which pictures; all that this run has unless given."),
    ] = None,
    file_format: Annotated[Format, typer.Option("--format", help="Of the files.")] = Format.PNG,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FOLDER", help="Where to write; `plots` in RUN unless given."),
    ] = None,
) -> None:
    """Draw pictures of a finished run: PNG of 300 dots per inch, or SVG.

    Kinds: fit (a table with one input: data, curve, 95 % confidence band), parity (predictions against
    references), residuals (histograms of the errors), convergence, path (parameters by iteration),
    correlation, fisher (stiff and sloppy directions), sensitivity (a table with one input),
    mcmc (a chain that `hpcfit analyze RUN mcmc` has sampled).

    convergence, path, correlation, fisher and mcmc need the run folder alone, the others its data too.
    Pictures that are there are replaced. Needs matplotlib: pip install 'hpcfit[plot]'.
    """
    # Imported before MPI is initialized: a process that fails here ends without holding up the others.
    from hpcfit.parallel.world import world
    from hpcfit.plot.draw import plot_run

    comm = world()
    formats = ("png", "svg") if file_format is Format.BOTH else (file_format.value,)
    try:
        drawn = plot_run(comm, run, kind or (), formats=formats, folder=output)
    except HpcfitError as error:
        # The error is the same on all ranks; one message is enough.
        if comm.is_root:
            print(error, file=sys.stderr, flush=True)
        raise typer.Exit(error.exit_code) from None
    if drawn is not None:
        print(drawn)
