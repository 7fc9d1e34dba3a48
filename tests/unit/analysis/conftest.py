"""Finished fits of tables whose answers can be computed by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hpcfit.analysis.session import Session
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.workflow.reopen import reopen_run
from hpcfit.workflow.run import run_job

Fitting = Callable[..., Session]


def table_text(**columns: NDArray[np.float64]) -> str:
    """A table of these columns with every digit."""
    rows = zip(*(each.tolist() for each in columns.values()), strict=True)
    return "\n".join([",".join(columns), *(",".join(map(repr, row)) for row in rows)]) + "\n"


@pytest.fixture
def fitted(tmp_path: Path) -> Fitting:
    """fitted(job, x=..., y=...): the job, whose table is data.csv, run and opened again."""

    def fit(job: str, **columns: NDArray[np.float64]) -> Session:
        (tmp_path / "data.csv").write_text(table_text(**columns))
        (tmp_path / "job.toml").write_text(job)
        comm = SerialCommunicator()
        run_job(comm, tmp_path / "job.toml")
        return Session(comm, reopen_run(comm, tmp_path / "run"))

    return fit
