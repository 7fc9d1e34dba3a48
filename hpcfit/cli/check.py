"""`hpcfit check JOB`: everything that can be wrong with a job, without computing anything."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def check(
    job: Annotated[Path, typer.Argument(help="The job file.", metavar="JOB", show_default=False)],
    ranks: Annotated[
        int | None,
        typer.Option(
            "--ranks",
            "-n",
            min=1,
            help="For how many ranks: predicts their memory (unless given, of one), tells too many groups.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Check a job file, its plugins and its data, and predict the memory each rank will need.

    All faults are told at once, with file and line. Exit code 2 when there are any.
    """
    from hpcfit.workflow.check import check_job

    print(check_job(job, ranks))
