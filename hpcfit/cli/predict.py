"""`hpcfit predict`: energies, forces and stress of a dataset by a job's or a run's potential."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from hpcfit.errors import HpcfitError


def predict(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="JOB_OR_RUN", help="A job file (initial values) or a run folder (fitted values)."
        ),
    ],
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="A dataset made by `hpcfit import`, or a table.")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="What to write: extended XYZ (.extxyz, .xyz) or a dataset (.h5); a table (.csv, .tsv).",
        ),
    ] = None,
    tag: Annotated[
        list[str] | None, typer.Option(help="Only configurations with this tag; may be repeated.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the output if it exists.")] = False,
) -> None:
    """Predict energies, forces and stress of a dataset, and compare them with its references.

    Runs on as many processes as mpirun starts; the output is the same on any number. Without --output only
    the table of errors is printed.

    With the job or the run of a table, a table is predicted: a text file, or FILE:NAME for one of a
    dataset. What is written has the columns that the model is a function of, and predictions as
    NAME_predicted.
    """
    # Imported before MPI is initialized: a process that fails here ends without holding up the others.
    from hpcfit.parallel.world import world
    from hpcfit.use.predict_any import predict_any

    comm = world()
    try:
        report = predict_any(comm, source, data, output, tags=tag or None, overwrite=force)
    except HpcfitError as error:
        # The error is the same on all ranks; one message is enough.
        if comm.is_root:
            print(error, file=sys.stderr, flush=True)
        raise typer.Exit(error.exit_code) from None
    if report is not None:
        if comm.note:
            print(comm.note)
        print(report)
