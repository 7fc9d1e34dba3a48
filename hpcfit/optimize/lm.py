"""Levenberg-Marquardt without acceleration: what `geodesic-lm` is measured against."""

from __future__ import annotations

from typing import Any

from hpcfit.optimize.geodesic_lm import minimize
from hpcfit.optimize.objective import FloatArray, Objective
from hpcfit.optimize.options import LMOptions
from hpcfit.optimize.result import OptimizerResult


def minimize_lm(
    objective: Objective,
    theta0: FloatArray,
    *,
    options: LMOptions | None = None,
    width: FloatArray | None = None,
    **arguments: Any,
) -> OptimizerResult:
    """Minimize |r(theta)|^2; arguments and errors are those of `geodesic_lm.minimize`."""
    chosen = (options or LMOptions()).as_geodesic
    return minimize(objective, theta0, options=chosen, width=width, **arguments)
