"""What an optimizer may return, held to what it was given: those of plugins may return anything."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import PluginError
from hpcfit.optimize.bounds import Bounds
from hpcfit.optimize.objective import Objective
from hpcfit.optimize.result import OptimizerResult
from hpcfit.suggest import counted

FloatArray = NDArray[np.float64]

#: costs of one theta that differ by more than this fraction do so by more than rounding
_ROUNDING = 1e-6


def require_result(name: str, found: Any, bounds: Bounds) -> OptimizerResult:
    """What `name` has returned, if it can be the result of a fit within `bounds` of p parameters.

    Raises:
        PluginError: it is something else, of another number of parameters, not finite, or outside.
    """
    if not isinstance(found, OptimizerResult):
        raise PluginError(f"{name}: minimize must return an OptimizerResult, not {repr(found)[:60]}.")
    p = len(bounds.lower)
    shapes = {"theta": (p,), "at_bound": (p,), "standard_errors": (p,), "covariance": (p, p)}
    for part, shape in shapes.items():
        value = getattr(found, part)
        if value is None and part in ("standard_errors", "covariance"):
            continue
        if np.shape(value) != shape:
            raise PluginError(
                f"{name}: minimize returned {part} of shape {np.shape(value)}; of "
                f"{counted(p, 'free parameter')} it is {shape}."
            )
    if not (np.isfinite(found.theta).all() and np.isfinite(found.cost)):
        raise PluginError(
            f"{name}: minimize returned theta = {_shown(found.theta)} and cost = {found.cost}, which are not "
            "finite; return the best point that was seen."
        )
    if bounds.outside(found.theta).any():
        raise PluginError(
            f"{name}: minimize returned theta = {_shown(found.theta)}, outside the bounds "
            f"{_shown(bounds.lower)} to {_shown(bounds.upper)}; clip its steps, or register it with "
            'bounds = "refused".'
        )
    return found


def require_cost(name: str, theta: FloatArray, cost: float, objective: Objective) -> None:
    """Whether the cost that `name` has returned is that of its theta (p,); one more evaluation.

    Raises:
        PluginError: it is not.
    """
    there = objective.cost(theta).value
    if not abs(there - cost) <= _ROUNDING * abs(cost):
        raise PluginError(
            f"{name}: minimize returned cost = {cost!r}, but |r|^2 at its theta is {there!r}; return theta "
            "and the cost there."
        )


def _shown(values: Any) -> str:
    texts = [f"{each:.6g}" for each in values[:6]]
    return f"[{', '.join(texts)}{', ...' if len(values) > 6 else ''}]"
