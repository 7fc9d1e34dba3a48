"""What an optimizer cannot do is told before anything is computed, with the line that names it."""

from __future__ import annotations

import numpy as np

from hpcfit.errors import JobError
from hpcfit.job import ResolvedJob
from hpcfit.job.locate import KeyPath
from hpcfit.optimize.bound_rules import BoundsRule, check_bounds
from hpcfit.optimize.bounds import Bounds
from hpcfit.problem.parameters import ParameterSet


def check_optimizer(resolved: ResolvedJob, parameters: ParameterSet) -> None:
    """Whether the job's optimizer can do with the bounds of the parameters.

    Raises:
        JobError: naming the parameters that it cannot have, or lacks.
    """
    optimizer, name = resolved.optimizer, resolved.job.optimizer.name
    key: KeyPath = ("optimizer", "name")
    if resolved.inner is not None:
        from hpcfit.workflow.multistart.points import starting_points

        starting_points(resolved, parameters)
        optimizer, name, key = resolved.inner.optimizer, resolved.inner.name, ("optimizer", "inner", "name")
    rule: BoundsRule = getattr(optimizer, "bounds", "kept")
    bounds = Bounds(np.asarray(parameters.lower), np.asarray(parameters.upper))
    try:
        check_bounds(rule, name, bounds, parameters.labels)
    except JobError as error:
        sentence = f": {error}"
        raise JobError(resolved.job.source.problem(key, sentence).text) from None
