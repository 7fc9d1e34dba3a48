"""What an optimizer cannot do is told before anything is computed, with the line that names it."""

from __future__ import annotations

import numpy as np

from hpcfit.errors import JobError
from hpcfit.job import ResolvedJob
from hpcfit.optimize.bound_rules import BoundsRule, check_bounds
from hpcfit.optimize.bounds import Bounds
from hpcfit.problem.parameters import ParameterSet


def check_optimizer(resolved: ResolvedJob, parameters: ParameterSet) -> None:
    """Whether the job's optimizer can do with the bounds of the parameters.

    Raises:
        JobError: naming the parameters that it cannot have, or lacks.
    """
    rule: BoundsRule = getattr(resolved.optimizer, "bounds", "kept")
    bounds = Bounds(np.asarray(parameters.lower), np.asarray(parameters.upper))
    try:
        check_bounds(rule, resolved.job.optimizer.name, bounds, parameters.labels)
    except JobError as error:
        sentence = f": {error}"
        raise JobError(resolved.job.source.problem(("optimizer", "name"), sentence).text) from None
