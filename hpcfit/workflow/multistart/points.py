"""Where the fits of a job with many starts begin."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import JobError
from hpcfit.formula.network import Network
from hpcfit.job import ResolvedJob
from hpcfit.optimize.bounds import Bounds
from hpcfit.optimize.multistart import MultistartOptions, draw_starts
from hpcfit.problem.parameters import ParameterSet

FloatArray = NDArray[np.float64]


def starting_points(resolved: ResolvedJob, parameters: ParameterSet) -> FloatArray:
    """Where the fits begin, shape (starts, p).

    Raises:
        JobError: there are no bounds, or no network, to draw them by.
    """
    options = resolved.optimizer_options
    assert isinstance(options, MultistartOptions)
    bounds = Bounds(parameters.lower, parameters.upper)
    if options.region == "seeds":
        return _drawn_weights(resolved, parameters, bounds, options.starts)
    try:
        return draw_starts(parameters.start, bounds, parameters.labels, options)
    except JobError as error:
        raise JobError(resolved.job.source.problem(("optimizer", "region"), f": {error}").text) from None


def _drawn_weights(
    resolved: ResolvedJob, parameters: ParameterSet, bounds: Bounds, starts: int
) -> FloatArray:
    """Initial weights by the seed of the network and those after it; what the job gives is kept."""
    form = None if resolved.model is None else resolved.model.form
    if not isinstance(form, Network):
        sentence = (
            ': "seeds" are those of a network, such as mlp: draw from "bounds", or around "initial" values.'
        )
        raise JobError(resolved.job.source.problem(("optimizer", "region"), sentence).text)
    points = np.tile(parameters.start, (starts, 1))
    drawn = {k: q for k, q in enumerate(parameters.free) if q.initial == form.parameter(q.name).default}
    for number in range(1, starts):
        other = replace(form, seed=form.seed + number)
        for k, q in drawn.items():
            value = other.parameter(q.name).default
            assert value is not None
            points[number, k] = q.theta(value)
    return bounds.clip(points)
