"""From the path of a job file or of a run folder to a potential that can be evaluated."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from hpcfit.job.resolve import open_potentials
from hpcfit.use.fitted_potential import FittedPotential, fitted_potential
from hpcfit.workflow.run_source import read_source


def open_potential(path: str | os.PathLike[str]) -> FittedPotential:
    """The potential of a job file at its initial values, or of a run folder at the fitted ones.

    No data are needed, but where a job file has reference energies that are "fit": their initial values
    are computed from its training data.

    Raises:
        RunError: neither a job file nor a run folder, or a run without a result.
        JobError: with all faults of the job file.
    """
    source = read_source(Path(path))
    job = open_potentials(source.job, with_values=source.result is None)
    made = fitted_potential(job, source.result)
    if source.result is None:
        return made
    return replace(made, origin=f"fitted values of {os.fspath(path)}, {source.result.status}")
