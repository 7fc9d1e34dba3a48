"""Evaluating a trial: its cost first, or at once its linearization, whichever is likely cheaper."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpcfit.optimize.objective import Linearization, Objective
from hpcfit.optimize.state import FitState

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Trial:
    """A trial's parameters (p,), its cost (infinite where not finite) and, if made, its linearization."""

    theta: FloatArray
    cost: float
    linearization: Linearization | None


def evaluate(objective: Objective, state: FitState, theta: FloatArray, at_once: bool) -> Trial:
    """Evaluate a trial, and count it in `state`."""
    if at_once:
        return _linearized(objective, state, theta)
    state.residual_evaluations += 1
    cost = objective.cost(theta)
    return Trial(theta, cost.value if cost.is_finite else np.inf, None)


def completed(objective: Objective, state: FitState, trial: Trial) -> Trial:
    """The trial with its linearization; its cost is infinite if a derivative is not finite."""
    return trial if trial.linearization is not None else _linearized(objective, state, trial.theta)


def _linearized(objective: Objective, state: FitState, theta: FloatArray) -> Trial:
    state.jacobian_evaluations += 1
    linearization = objective.linearize(theta)
    return Trial(theta, linearization.cost if linearization.is_finite else np.inf, linearization)
