"""The geodesic acceleration: the second-order part of a step.

Transtrum and Sethna, arXiv:1201.5885: a step along the velocity v alone leaves the bent valley of the
cost; a = -(J^T J + lambda D^2)^-1 J^T r_vv turns with it, and |Da|/|Dv| tells how far v can be trusted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpcfit.optimize.linear_model import LinearModel, Step
from hpcfit.optimize.objective import Objective
from hpcfit.optimize.state import FitState

FloatArray = NDArray[np.float64]

#: A step that promises less than this fraction of the cost is not worth an acceleration. (Leaving it
#: out where it has been small lately costs more iterations than it saves: 2008 Jacobians instead of
#: 1128 on the NIST problems.)
WORTHWHILE = 1e-4
_SHRINKAGE_NONFINITE = 0.25


@dataclass(frozen=True, eq=False)
class Acceleration:
    """a (p,), zero for parameters held by a bound, and |Da|/|Dv|; both None where r_vv is not finite."""

    vector: FloatArray | None
    ratio: float | None

    def shrinkage(self, limit: float) -> float | None:
        """Factor by which the radius must shrink before any trial; None if the step can be tried."""
        if self.ratio is None:
            return _SHRINKAGE_NONFINITE
        if self.ratio <= limit:
            return None
        return min(0.5, max(limit / self.ratio, 0.1))


def accelerate(
    objective: Objective, state: FitState, model: LinearModel, step: Step, h: float
) -> Acceleration:
    """The acceleration for a step, by one evaluation of the residual at theta + h v."""
    if state.elsewhere:
        state.jacobian_evaluations += 1  # the objective has to form the rows at theta again
        state.elsewhere = False
    state.curvature_evaluations += 1
    projected = objective.curvature(model.theta, step.velocity, h)
    if not np.isfinite(projected).all():
        return Acceleration(None, None)
    vector = step.correction(projected)
    ratio = np.linalg.norm(state.scale * vector) / np.linalg.norm(state.scale * step.velocity)
    return Acceleration(vector, float(ratio))
