"""One iteration on the way down: a damped step, its acceleration, a trial, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpcfit.optimize import trust
from hpcfit.optimize.acceleration import WORTHWHILE, accelerate
from hpcfit.optimize.extrapolation import (
    NEAR,
    extrapolated,
    forget,
    has_many_points,
    learns_from_failures,
    remember,
)
from hpcfit.optimize.linear_model import LinearModel, Step
from hpcfit.optimize.objective import Objective
from hpcfit.optimize.options import GeodesicLMOptions
from hpcfit.optimize.state import FitState
from hpcfit.optimize.trial import Trial, completed, evaluate

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Attempt:
    """What an iteration tried; the fields are those of `IterationEvent`."""

    accepted: bool
    velocity_norm: float
    acceleration_ratio: float | None
    predicted: float | None
    actual: float | None


def descend(objective: Objective, state: FitState, model: LinearModel, options: GeodesicLMOptions) -> Attempt:
    """Try one step from the model's theta; `state` moves or learns from the failure."""
    step = model.step(state.scale, lambda system: system.damping_for(state.radius, state.damping))
    norm = float(np.linalg.norm(state.scale * step.velocity))
    predicted = step.reduction / model.cost
    if state.iterations == 0:
        state.radius = min(state.radius, norm)
    state.iterations += 1
    state.damping = step.damping
    vector, ratio = None, None
    # With many parameters damped steps promise little long before the minimum is near.
    near = model.reach < NEAR * model.cost or not learns_from_failures(state)
    if options.acceleration and predicted > (NEAR if near and has_many_points(state) else WORTHWHILE):
        acceleration = accelerate(objective, state, model, step, options.curvature_step)
        vector, ratio = acceleration.vector, acceleration.ratio
        shrinkage = acceleration.shrinkage(options.acceleration_limit)
        if shrinkage is not None:
            trust.shrink(state, norm, shrinkage)
            state.stay()
            return Attempt(False, norm, ratio, predicted, None)
    straight = vector is None and not model.cut_short(step)
    guess = extrapolated(state, model) if straight and near else None
    target = model.trial(step, vector) if guess is None else model.bounds.clip(model.theta + guess)
    trial = _tried(objective, state, options, predicted, target)
    actual = 1.0 - trial.cost / model.cost
    accepted = _acceptable(predicted, actual)
    if accepted or guess is None:  # else the extrapolation misled, not the linear model
        trust.adapt(state, norm, predicted, actual)
    elif not learns_from_failures(state) or trial.linearization is None:
        forget(state)
    _conclude(state, model, step, predicted, trial, accepted)
    return Attempt(accepted, norm, ratio, predicted, actual if np.isfinite(actual) else None)


def _tried(
    objective: Objective, state: FitState, options: GeodesicLMOptions, predicted: float, target: FloatArray
) -> Trial:
    """The trial at `target`, linearized if it is acceptable or likely to be.

    A linearization costs about 1.5 evaluations of the cost, and brings the cost with it: after an
    accepted step it is made at once.
    """
    trial = evaluate(objective, state, target, options.speculative and state.accepted_in_row > 0)
    if trial.linearization is None and _acceptable(predicted, 1.0 - trial.cost / state.cost):
        return completed(objective, state, trial)
    return trial


def _acceptable(predicted: float, actual: float) -> bool:
    return actual > 0.0 and actual >= trust.ACCEPTED * predicted


def _conclude(
    state: FitState, model: LinearModel, step: Step, predicted: float, trial: Trial, accepted: bool
) -> None:
    if not accepted:
        if trial.linearization is not None:
            state.elsewhere = True
            if learns_from_failures(state) and predicted < NEAR and np.isfinite(trial.cost):
                rfactor = trial.linearization.rfactor
                remember(state, LinearModel(trial.theta, rfactor, trial.cost, model.bounds))
        state.stay()
        return
    assert trial.linearization is not None
    if predicted < NEAR:
        remember(state, model)
    else:
        forget(state)
    state.move(trial.theta, trial.linearization)
