"""When a fit has converged.

All tests are of the undamped step: a step kept short by its radius or by a bound never passes for
convergence.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hpcfit.optimize import reasons
from hpcfit.optimize.linear_model import LinearModel
from hpcfit.optimize.options import GeodesicLMOptions
from hpcfit.optimize.reasons import StopReason
from hpcfit.optimize.start import Start

FloatArray = NDArray[np.float64]

#: A parameter has lost its effect when changing all of it would change the residual by this fraction.
_NO_EFFECT = 1e-12
#: a residual below this fraction of what the parameters contribute to it is nothing but rounding
_EXACT = 1e-13
#: savings below this fraction of the cost are lost in its rounding
_ROUNDING = 1e-12
#: With this fraction in reach, parameters are some 1e-9 of their standard errors times sqrt(m) away.
_POLISHED = 1e-18
#: Where the cost is flat, theta is known to the root of rounding only. Cosines this small, and this many
#: rejections in a row, tell a minimum at which the Jacobian loses rank (as where two terms of a sum
#: coincide): there the undamped step stays large, though no step helps.
_ORTHOGONAL, _FRUITLESS = 1e-6, 8


def lost_influence(model: LinearModel, start: Start, labels: Sequence[str]) -> StopReason | None:
    """The fit ran to where a parameter no longer matters: no minimum, though the gradient vanishes."""
    norms = model.factor.column_norms
    if len(norms) and not norms.any():
        return reasons.constant()
    size = np.maximum(np.abs(model.theta), 1.0 / start.scale)
    lost = norms * size <= _NO_EFFECT * np.sqrt(model.cost)
    lost &= start.norms / start.scale > _NO_EFFECT * np.sqrt(start.cost)
    if not lost.any():
        return None
    return reasons.influence_lost(" and ".join(labels[k] for k in np.flatnonzero(lost).tolist()))


def converged(model: LinearModel, options: GeodesicLMOptions) -> StopReason | None:
    """How the fit has converged at the model's theta; None if it has not."""
    if model.cost == 0.0 or is_exact(model):
        return reasons.perfect()
    if not len(model.theta):
        return reasons.nothing_free()
    if model.held.all():
        return reasons.all_held()
    offset = model.relative_offset
    if offset is not None and offset <= options.relative_offset:
        return reasons.offset_small(offset)
    relative = relative_step(model)
    if relative <= options.xtol:
        return reasons.step_small(relative)
    saving = model.reach / model.cost
    if saving <= options.ftol:
        return reasons.saving_small(saving)
    return None


def singular_minimum(model: LinearModel, rejected_in_row: int) -> StopReason | None:
    """No step helps, because the gradient vanishes; the undamped step is of no use to see that."""
    if rejected_in_row < _FRUITLESS:
        return None
    norms = model.factor.column_norms
    effective = ~model.held & (norms > 0.0)
    sizes = norms[effective] * np.sqrt(model.cost)
    cosine = float(np.max(np.abs(model.factor.gradient[effective]) / sizes, initial=0.0))
    return reasons.gradient_vanishes(cosine) if cosine <= _ORTHOGONAL else None


def relative_step(model: LinearModel) -> float:
    """The largest |v_j|/|theta_j| of the undamped step.

    Parameters one by one: one that ran towards zero from a large start must not hide behind the others.
    """
    velocity = np.abs(model.unbounded.velocity)
    moving = velocity > 0.0
    return float(np.max(velocity[moving] / np.abs(model.theta[moving]), initial=0.0))


def is_exact(model: LinearModel) -> bool:
    """The residual is zero up to rounding."""
    contribution = float(np.max(model.factor.column_norms * np.abs(model.theta), initial=0.0))
    return bool(np.sqrt(model.cost) <= _EXACT * contribution)


def rounding_limited(model: LinearModel) -> bool:
    """No step can change the cost by more than rounding does."""
    return model.reach <= _ROUNDING * model.cost


def polished_enough(model: LinearModel, options: GeodesicLMOptions) -> bool:
    """The next undamped step would hardly change the parameters, in their own or in the data's measure."""
    return model.reach <= _POLISHED * model.cost or relative_step(model) <= options.xtol
