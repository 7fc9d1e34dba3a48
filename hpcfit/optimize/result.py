"""What an optimizer returns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpcfit.optimize.events import Counts

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class OptimizerResult:
    """The end of a fit.

    Attributes:
        theta: best parameters found, shape (p,).
        cost: C = |r|^2 there.
        converged: whether a minimum was found; the same as status == "converged".
        status: one word: converged, cost_target, stopped, max_iterations, stalled or degenerate.
        reason: a sentence that says what the status means here and what can be done.
        counts: evaluations since the start, also those before the fit was resumed.
        history: cost at the start and after each accepted step.
        covariance: of the parameters, shape (p, p), with rows and columns of parameters at a bound
            NaN and infinite variances for undetermined ones; None without degrees of freedom.
        standard_errors: roots of its diagonal, shape (p,), or None.
        null_directions: a sentence for each change of the parameters that has no effect.
        at_bound: which parameters are at a bound, shape (p,).
    """

    theta: FloatArray
    cost: float
    converged: bool
    status: str
    reason: str
    counts: Counts
    history: tuple[float, ...]
    covariance: FloatArray | None
    standard_errors: FloatArray | None
    null_directions: tuple[str, ...]
    at_bound: NDArray[np.bool_]
