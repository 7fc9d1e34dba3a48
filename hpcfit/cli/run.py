"""`hpcfit run JOB`: fit as a job file says."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from hpcfit.errors import HpcfitError


def run(
    job: Annotated[Path, typer.Argument(help="The job file.", metavar="JOB", show_default=False)],
    restart: Annotated[
        bool,
        typer.Option("--restart", help="Start anew, whatever an earlier run left in the run folder."),
    ] = False,
) -> None:
    """Fit as a job file says.

    Runs on as many processes as mpirun starts. A run that was interrupted goes on from its
    checkpoint, a finished one is left as it is.

    Exit codes: 0 converged or already finished; 1 ran but did not converge; 2 bad job, data or
    plugin; 70 internal error; 75 stopped early with a valid checkpoint.
    """
    # Imported before MPI is initialized: a process that fails here ends without holding up the others.
    from hpcfit.parallel.world import world
    from hpcfit.workflow.run import run_job

    comm = world()
    try:
        code = run_job(comm, job, restart=restart)
    except HpcfitError as error:
        # The error is the same on all ranks; one message is enough.
        if comm.is_root:
            print(error, file=sys.stderr, flush=True)
        code = error.exit_code
    raise typer.Exit(code)
