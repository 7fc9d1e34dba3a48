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

FloatArray = NDArray[np.float64]

#: a parameter whose column shrank to this fraction of its norm at the start has lost its effect
LOST = 1e-12
#: savings below this fraction of the cost are lost in its rounding
_ROUNDING = 1e-12


def lost_influence(model: LinearModel, start_norms: FloatArray, labels: Sequence[str]) -> StopReason | None:
    """The fit ran to where a parameter no longer matters: no minimum, though the gradient vanishes."""
    norms = model.factor.column_norms
    if len(norms) and not norms.any():
        return reasons.constant()
    lost = (norms <= LOST * start_norms) & (start_norms > 0.0)
    if not lost.any():
        return None
    return reasons.influence_lost(" and ".join(labels[k] for k in np.flatnonzero(lost).tolist()))


def converged(model: LinearModel, scale: FloatArray, options: GeodesicLMOptions) -> StopReason | None:
    """How the fit has converged at the model's theta; None if it has not."""
    if model.cost == 0.0:
        return reasons.perfect()
    if not len(model.theta):
        return reasons.nothing_free()
    if model.held.all():
        return reasons.all_held()
    offset = model.relative_offset
    if offset is not None and offset <= options.relative_offset:
        return reasons.offset_small(offset)
    relative = relative_step(model, scale)
    if relative <= options.xtol:
        return reasons.step_small(relative)
    saving = model.reach / model.cost
    if saving <= options.ftol:
        return reasons.saving_small(saving)
    return None


def relative_step(model: LinearModel, scale: FloatArray) -> float:
    """|D v|/|D theta| of the undamped step."""
    size = float(np.linalg.norm(scale * model.theta))
    length = float(np.linalg.norm(scale * model.unbounded.velocity))
    return length / size if size > 0.0 else np.inf


def rounding_limited(model: LinearModel) -> bool:
    """No step can change the cost by more than rounding does."""
    return model.reach <= _ROUNDING * model.cost


def polished_enough(model: LinearModel, scale: FloatArray, options: GeodesicLMOptions) -> bool:
    """The next undamped step would hardly change the parameters."""
    return model.reach == 0.0 or relative_step(model, scale) <= options.xtol
