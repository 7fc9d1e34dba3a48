"""After convergence: undamped steps as long as they bring theta nearer to the minimum.

The cost no longer tells steps apart here, its changes being lost in rounding; what of the residual is
in reach of the parameters still does.
"""

from __future__ import annotations

import numpy as np

from hpcfit.optimize.bounds import Bounds
from hpcfit.optimize.descent import Attempt
from hpcfit.optimize.extrapolation import extrapolated, forget, remember
from hpcfit.optimize.linear_model import LinearModel
from hpcfit.optimize.objective import Objective
from hpcfit.optimize.state import FitState
from hpcfit.optimize.trial import evaluate

#: the cost may rise by this fraction, which is more than rounding and less than anyone would notice
_TOLERATED = 1e-10
_FAILURES = 2


def polish(objective: Objective, state: FitState, model: LinearModel, bounds: Bounds) -> Attempt:
    """Take one undamped step if it lowers what is in reach; two failures in a row end the polish.

    A full step may overshoot where residuals are large: what was found there is then the second point
    from which the next step is extrapolated.
    """
    state.iterations += 1
    state.polished += 1
    step = model.newton
    guess = None if model.cut_short(step) else extrapolated(state, model)
    target = model.trial(step, None) if guess is None else bounds.clip(model.theta + guess)
    trial = evaluate(objective, state, target, at_once=True)
    assert trial.linearization is not None
    finite = bool(np.isfinite(trial.cost))
    there = LinearModel(trial.theta, trial.linearization.rfactor, trial.cost, bounds) if finite else model
    accepted = there.reach < model.reach and trial.cost <= model.cost * (1.0 + _TOLERATED)
    if accepted:
        remember(state, model)
        state.move(trial.theta, trial.linearization)
    else:
        forget(state)
        if guess is None and finite:
            remember(state, there)
        state.elsewhere = True
        state.stay()
        state.polishing = state.rejected_in_row < _FAILURES
    actual = 1.0 - trial.cost / model.cost if finite else None
    norm = float(np.linalg.norm(state.scale * step.velocity))
    return Attempt(accepted, norm, None, model.reach / model.cost, actual)
