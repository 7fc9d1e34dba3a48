"""[regularization] of a job, as residuals of its parameters."""

from __future__ import annotations

from hpcfit.errors import JobError
from hpcfit.job import Job
from hpcfit.problem.parameters import ParameterSet, with_ridge


def regularized(job: Job, parameters: ParameterSet) -> ParameterSet:
    """The parameters with what the job says keeps them where they are.

    Raises:
        JobError: with the line of the job.
    """
    section = job.regularization
    try:
        return with_ridge(parameters, section.ridge, section.towards, section.parameters)
    except JobError as error:
        raise JobError(
            [job.source.placed(each, ("regularization",)).text for each in error.problems]
        ) from None


def regularization_notes(job: Job, parameters: ParameterSet) -> list[str]:
    """What is drawn where, for the log."""
    if not parameters.ridge:
        return []
    where = "their initial values" if job.regularization.towards == "initial" else "zero"
    names = ", ".join(parameters.label(parameters.parameters[position]) for position, _ in parameters.ridge)
    return [f"ridge {job.regularization.ridge:g} towards {where}: {names}"]
