"""What every optimizer returns, made of the linearization at the end."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import RunError
from hpcfit.linalg import RFactor, uncertainty
from hpcfit.optimize.bounds import Bounds
from hpcfit.optimize.events import Counts
from hpcfit.optimize.objective import Linearization
from hpcfit.optimize.reasons import StopReason
from hpcfit.optimize.result import OptimizerResult

FloatArray = NDArray[np.float64]


def conclude(
    theta: FloatArray,
    factor: RFactor,
    cost: float,
    reason: StopReason,
    *,
    bounds: Bounds,
    labels: Sequence[str],
    counts: Counts,
    history: Sequence[float],
) -> OptimizerResult:
    """The result at theta (p,), whose triangle of [J | r] and cost |r|^2 are given."""
    at_bound = bounds.at_bound(theta)
    found = uncertainty(factor, labels, fixed=at_bound)
    return OptimizerResult(
        theta=theta,
        cost=cost,
        converged=reason.converged,
        status=reason.status,
        reason=reason.sentence,
        counts=counts,
        history=tuple(history),
        covariance=found.covariance,
        standard_errors=found.standard_errors,
        null_directions=found.null_directions,
        at_bound=at_bound,
    )


def require_finite(linearization: Linearization) -> None:
    """Raise unless a fit can start here.

    Raises:
        RunError: the residual or its derivatives are not finite.
    """
    if linearization.is_finite:
        return
    if linearization.nonfinite:
        what = f"{linearization.nonfinite} of {linearization.rfactor.rows} residuals are NaN or infinite"
    elif not np.isfinite(linearization.cost):
        what = "the sum of the squared residuals is NaN or infinite"
    else:
        what = "the derivatives of the residuals are NaN or infinite"
    raise RunError(f"The fit cannot start: {what} at the initial parameters. Start from other values.")
