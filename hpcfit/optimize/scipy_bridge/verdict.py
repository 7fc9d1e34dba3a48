"""Whether what SciPy ended with is a minimum: judged by the linearization there, not by SciPy's word.

SciPy's rules look at steps and savings in units of its own, and take a step that became small for
convergence. Here the same measure holds for all optimizers: how much of the residual the parameters could
still reach.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.optimize import reasons
from hpcfit.optimize.conclusion import conclude
from hpcfit.optimize.convergence import converged, lost_influence
from hpcfit.optimize.linear_model import LinearModel
from hpcfit.optimize.options import GeodesicLMOptions
from hpcfit.optimize.reasons import StopReason
from hpcfit.optimize.result import OptimizerResult
from hpcfit.optimize.scipy_bridge.search import Search

FloatArray = NDArray[np.float64]

#: a full step below this fraction of the parameters (or of their start) leaves them six digits
_SIX_DIGITS = 3e-7
#: how near to a bound a method that stays inside is taken to mean it
_NEAR_BOUND = 1e-6


def minimum(search: Search, model: LinearModel, relative_offset: float) -> StopReason | None:
    """How the fit has converged at the model's theta; None if it has not.

    The full step must be small as well: where the residual is large, a fraction of it that tells nothing of
    the data can still change the sixth digit of a parameter.
    """
    rules = GeodesicLMOptions(relative_offset=relative_offset, xtol=_SIX_DIGITS)
    size = np.maximum(np.abs(model.theta), 1.0 / search.scale)
    if (np.abs(model.unbounded.velocity) > _SIX_DIGITS * size).any():
        return None
    return converged(model, rules)


def finish(search: Search, name: str, ended: StopReason | str, relative_offset: float) -> OptimizerResult:
    """The result at the best point.

    Args:
        name: of the method, for sentences.
        ended: why the search was ended, or SciPy's own words on why it did.
    """
    model = _settled(search)
    reason = _reason(search, model, name, ended, relative_offset)
    if search.history[-1] > model.cost:
        search.history.append(model.cost)
    return conclude(
        model.theta,
        model.factor,
        model.cost,
        reason,
        bounds=search.bounds,
        labels=search.labels,
        counts=search.counts,
        history=search.history,
    )


def _reason(
    search: Search, model: LinearModel, name: str, ended: StopReason | str, relative_offset: float
) -> StopReason:
    if isinstance(ended, StopReason) and ended.status == "stopped":
        return ended
    found = minimum(search, model, relative_offset)
    lost = lost_influence(model, search.start, search.labels)
    if lost is not None and (found is not None or not isinstance(ended, StopReason)):
        return lost
    if found is not None:
        return found
    if isinstance(ended, str):
        return reasons.ended_short(name, ended, model.relative_offset)
    if ended.status == "max_iterations" and search.iterations >= search.max_iterations:
        return reasons.iterations_used(search.max_iterations, model.relative_offset)
    return ended


def _settled(search: Search) -> LinearModel:
    """The model at the best point, with parameters that were pushed almost onto a bound put on it."""
    model = search.best_model()
    theta, bounds = model.theta, search.bounds
    room = _NEAR_BOUND * np.maximum(np.abs(theta), 1.0 / search.scale)
    gradient = model.factor.gradient
    low = (theta > bounds.lower) & (theta - bounds.lower <= room) & (gradient > 0.0)
    high = (theta < bounds.upper) & (bounds.upper - theta <= room) & (gradient < 0.0)
    if not (low | high).any():
        return model
    target = np.where(low, bounds.lower, np.where(high, bounds.upper, theta))
    search.jacobian_evaluations += 1
    there = search.objective.linearize(target)
    if not there.is_finite or there.cost > model.cost:
        return model
    search.theta, search.cost, search.here = target, there.cost, (target, there)
    return LinearModel(target, there.rfactor, there.cost, bounds)
