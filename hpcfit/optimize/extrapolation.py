"""Extrapolation of the last undamped steps, where these converge only linearly.

Gauss-Newton steps shrink by a constant factor, or overshoot by one, where residuals are large or strongly
curved. Anderson's extrapolation (Walker and Ni, SIAM J. Numer. Anal. 49 (2011) 1715, eq. 2.1) combines
those of the last few points so that what is left of them is smallest. It costs no evaluation, and halves
those of such fits' ends.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.optimize.linear_model import LinearModel
from hpcfit.optimize.state import FitState

FloatArray = NDArray[np.float64]

#: points before the present one whose steps are combined with its own
DEPTH = 2
#: steps that promise more than this fraction of the cost are not yet near the minimum
NEAR = 1e-2
#: a combination longer than this many present steps is not trusted
_LONGEST = 5.0
_INDEPENDENT = 1e-10


def extrapolated(state: FitState, model: LinearModel) -> FloatArray | None:
    """The step (p,) that the last points' undamped ones suggest at the model's theta; None without such."""
    if not len(state.past_theta):
        return None
    velocity, norms = model.newton.velocity, model.factor.column_norms
    positions = np.diff(np.vstack([state.past_theta, model.theta]), axis=0)
    changes = np.diff(np.vstack([state.past_velocity, velocity]), axis=0)
    weights = np.linalg.lstsq((norms * changes).T, norms * velocity, rcond=_INDEPENDENT)[0]
    step: FloatArray = velocity - weights @ (positions + changes)
    length = np.linalg.norm(norms * step)
    return step if length <= _LONGEST * np.linalg.norm(norms * velocity) else None


def remember(state: FitState, model: LinearModel) -> None:
    """Note the undamped step of `model`, before leaving its theta."""
    velocity = model.newton.velocity
    if len(state.past_velocity) and np.any((state.past_velocity[-1] == 0.0) != (velocity == 0.0)):
        forget(state)  # other parameters are held by bounds now
    if model.cut_short(model.newton):
        forget(state)
        return
    state.past_theta = np.vstack([state.past_theta, model.theta])[-DEPTH:]
    state.past_velocity = np.vstack([state.past_velocity, velocity])[-DEPTH:]


def forget(state: FitState) -> None:
    """Start anew: the next step will be far from the last ones, or they misled."""
    state.past_theta = state.past_theta[:0]
    state.past_velocity = state.past_velocity[:0]
