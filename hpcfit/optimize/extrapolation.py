"""Extrapolation of the last undamped steps, where these converge only linearly.

Gauss-Newton steps shrink by a constant factor, or overshoot by one, where residuals are large or strongly
curved. Anderson's extrapolation (Walker and Ni, SIAM J. Numer. Anal. 49 (2011) 1715, eq. 2.1) combines
those of the last few points so that what is left of them is smallest. It costs no evaluation, and halves
those of such fits' ends. With many parameters many directions converge at rates of their own, and more
points are needed: fits of copper by 58 coefficients of splines take a fifth fewer Jacobians by eight points
than by two.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.optimize.linear_model import LinearModel
from hpcfit.optimize.state import FitState

FloatArray = NDArray[np.float64]

#: points before the present one whose steps are combined with its own: one for so many parameters
_PARAMETERS_A_POINT, _FEWEST, _MOST = 4, 2, 8
#: steps that promise more than this fraction of the cost are not yet near the minimum
NEAR = 1e-2
#: a combination longer than this many present steps is not trusted
_LONGEST = 5.0
_INDEPENDENT = 1e-10


def depth(parameters: int) -> int:
    """The most points that are remembered."""
    return min(max(parameters // _PARAMETERS_A_POINT, _FEWEST), _MOST)


def has_many_points(state: FitState) -> bool:
    """Whether so many points are remembered that an extrapolated step is better than a bent one."""
    return len(state.past_theta) > _FEWEST


def learns_from_failures(state: FitState) -> bool:
    """Whether points of rejected trials are remembered.

    Each is one more of a space of many dimensions; with few parameters they do not pay.
    """
    return depth(len(state.theta)) > _FEWEST


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
    most = depth(len(velocity))
    state.past_theta = np.vstack([state.past_theta, model.theta])[-most:]
    state.past_velocity = np.vstack([state.past_velocity, velocity])[-most:]


def forget(state: FitState) -> None:
    """Start anew: the next step will be far from the last ones, or they misled."""
    state.past_theta = state.past_theta[:0]
    state.past_velocity = state.past_velocity[:0]
