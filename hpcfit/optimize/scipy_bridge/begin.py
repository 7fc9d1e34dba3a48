"""Where a search begins: at the initial values, or at the best point of an earlier process."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import RunError
from hpcfit.optimize.bounds import Bounds
from hpcfit.optimize.conclusion import require_finite
from hpcfit.optimize.events import Callback, StateDict
from hpcfit.optimize.objective import Objective
from hpcfit.optimize.scaling import column_scale
from hpcfit.optimize.scipy_bridge.search import Search
from hpcfit.optimize.start import Start

FloatArray = NDArray[np.float64]

_TOTALS = ("iterations", "residual_evaluations", "jacobian_evaluations", "rejected")
_KEPT = {"theta", "scale", "start_norms", "history", *_TOTALS}


def begin(
    objective: Objective,
    theta0: FloatArray,
    bounds: Bounds,
    labels: Sequence[str],
    callback: Callback | None,
    state: StateDict | None,
    width: FloatArray | None,
    max_iterations: int,
    max_evaluations: int | None = None,
) -> Search:
    """A search that starts at theta0 (p,), or at the best point of an earlier one whose `state` is given.

    Raises:
        RunError: the residual or its derivatives are not finite there, or the state is of another version.
    """
    odd = sorted((state or dict.fromkeys(_KEPT)).keys() ^ _KEPT)
    if odd:
        raise RunError(
            f"the state to resume from is not one of this version of SciPy's optimizers: see {odd}. Start "
            "the run anew, with --restart, or go on with the version that began it."
        )
    theta = theta0 if state is None else np.array(state["theta"], dtype=np.float64)
    linearization = objective.linearize(theta)
    require_finite(linearization)
    factor = linearization.rfactor
    totals: dict[str, int] = {}
    if state is None:
        start = Start(column_scale(theta0, factor, width), factor.column_norms, linearization.cost)
        history = [linearization.cost]
    else:
        history = np.array(state["history"], dtype=np.float64).tolist()
        start = Start(np.array(state["scale"]), np.array(state["start_norms"]), history[0])
        totals = {name: int(state[name]) for name in _TOTALS}
    return Search(
        objective,
        bounds,
        labels,
        callback,
        start,
        theta,
        linearization.cost,
        history,
        max_iterations,
        max_evaluations,
        here=(theta.copy(), linearization),
        resumed=state is not None,
        iterations=totals.get("iterations", 0),
        residual_evaluations=totals.get("residual_evaluations", 0),
        jacobian_evaluations=totals.get("jacobian_evaluations", 0) + 1,
        rejected=totals.get("rejected", 0),
    )
