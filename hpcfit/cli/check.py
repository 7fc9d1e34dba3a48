"""`hpcfit check JOB`: everything that can be wrong with a job, without computing anything."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def check(
    job: Annotated[Path, typer.Argument(help="The job file.", metavar="JOB", show_default=False)],
    ranks: Annotated[
        int, typer.Option("--ranks", "-n", min=1, help="For how many ranks to predict the memory.")
    ] = 1,
) -> None:
    """Check a job file, its plugins and its data, and predict the memory each rank will need.

    All faults are told at once, with file and line. Exit code 2 when there are any.
    """
    import os

    from hpcfit.parallel.launcher import detect_launch
    from hpcfit.workflow.check import check_job

    launch = detect_launch(os.environ)
    if launch is not None and launch.rank > 0:
        # Under mpirun, one process is enough to check, and to speak.
        return

    print(check_job(job, ranks))
