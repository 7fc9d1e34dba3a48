"""Parameters that have grown far beyond their start and would go on: there may be no minimum to be found."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hpcfit.optimize.linear_model import LinearModel
from hpcfit.suggest import listed

FloatArray = NDArray[np.float64]

#: times its size at the start
_FAR = 1e3
#: of its size, by the undamped step: near a minimum that is small, however far the parameter has come
_STILL = 0.1
#: so many last accepted iterations have not lowered the cost to this fraction: a fit that is still on its way
#: down may well have to go far
_SPAN, _FALL = 10, 0.5
#: parameters that are named
_MOST = 5


def growing(model: LinearModel, start: FloatArray) -> NDArray[np.int64]:
    """Parameters, by number, that have grown by three orders and that nothing keeps from growing on.

    Those that began at zero, which is no size, are not told, nor those with a bound ahead.

    Args:
        start: theta at the start, shape (p,).
    """
    theta, velocity = model.theta, model.unbounded.velocity
    ahead = np.where(theta > 0.0, model.bounds.upper, model.bounds.lower)
    far = (start != 0.0) & (np.abs(theta) >= _FAR * np.abs(start))
    on = (theta * velocity > 0.0) & (np.abs(velocity) >= _STILL * np.abs(theta))
    return np.flatnonzero(far & on & np.isinf(ahead))


def growth_told(model: LinearModel, start: FloatArray, history: FloatArray, labels: Sequence[str]) -> str:
    """What a fit that has not converged tells of them, as sentences; empty where there are none.

    Args:
        history: cost at the start and after every accepted iteration.
    """
    slow = len(history) > _SPAN and history[-1] > _FALL * history[-1 - _SPAN]
    found = growing(model, start).tolist() if slow else []
    if not found:
        return ""
    each = [f"{labels[k]} (from {start[k]:.3g} to {model.theta[k]:.3g})" for k in found]
    return (
        f" Still growing, without a bound ahead: {listed(each, _MOST)}. Bound by min or max what must not "
        "grow so far, or fix it."
    )
