"""scipy.optimize.least_squares, fed by the triangle of [J | r] instead of by J and r themselves.

With [J | r] = Q [[R, Q^T r], [0, rho]], the p + 1 numbers [Q^T r; rho] and the triangle [R; 0] are the
residual and the Jacobian seen through the orthogonal Q. All that the three methods use of them is left
unchanged by such a Q: norms of the residual, J^T r, J^T J, and the least-squares steps of the linear model.
(Q is another one at every theta, so these p + 1 numbers are no smooth functions of theta; no method
takes differences between two points of anything but their norm.) So SciPy steps as it would with all m
residuals, while they stay where they are, spread over ranks.

The parameters are given as D theta and the residual over its norm at the start, so that SciPy's tolerances
mean the same in all units.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.optimize import reasons
from hpcfit.optimize.bound_rules import named, require_no_bounds
from hpcfit.optimize.bounds import Bounds
from hpcfit.optimize.events import Callback, StateDict
from hpcfit.optimize.objective import Objective
from hpcfit.optimize.scipy_bridge.begin import begin
from hpcfit.optimize.scipy_bridge.options import LeastSquaresOptions
from hpcfit.optimize.scipy_bridge.search import Search, SearchEnded
from hpcfit.optimize.scipy_bridge.verdict import finish

if TYPE_CHECKING:
    from hpcfit.optimize.result import OptimizerResult

FloatArray = NDArray[np.float64]

#: stands for a residual that is not finite, for MINPACK, which compares without looking
_FAR = 1e100
#: MINPACK takes no tolerance below rounding
_EPSILON = float(np.finfo(np.float64).eps)


def least_squares_by(method: str) -> Callable[..., OptimizerResult]:
    """`minimize` by a method of scipy.optimize.least_squares: "trf", "dogbox" or "lm"."""

    def minimize(
        objective: Objective,
        theta0: FloatArray,
        *,
        bounds: tuple[FloatArray, FloatArray] | None = None,
        labels: Sequence[str] | None = None,
        options: LeastSquaresOptions | None = None,
        callback: Callback | None = None,
        state: StateDict | None = None,
        width: FloatArray | None = None,
    ) -> OptimizerResult:
        chosen = options or LeastSquaresOptions()
        theta0 = np.array(theta0, dtype=np.float64)
        box, names = Bounds.of(bounds, theta0), named(theta0, labels)
        if method == "lm":
            require_no_bounds("scipy:lm", box, names)
        with np.errstate(all="ignore"):
            search = begin(
                objective, theta0, box, names, callback, state, width, max_iterations=chosen.max_iterations
            )
            ended = _drive(search, method, chosen)
            return finish(search, f"scipy:{method}", ended, chosen.relative_offset)

    return minimize


def _drive(search: Search, method: str, options: LeastSquaresOptions) -> reasons.StopReason | str:
    """SciPy's words, or why it was ended."""
    if search.opened():
        return reasons.stopped()
    if not len(search.theta):
        return "there is nothing to fit"
    if search.iterations >= search.max_iterations:
        return reasons.iterations_used(search.max_iterations, None)
    from scipy.optimize import least_squares

    problem = _Rotated(search, far=method == "lm")
    least = _EPSILON if method == "lm" else 0.0
    scale = search.scale
    arguments: dict[str, Any] = {
        each: max(getattr(options, each), least) or None for each in ("xtol", "ftol", "gtol")
    }
    if method != "lm":
        arguments["bounds"] = search.bounds.lower * scale, search.bounds.upper * scale
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = least_squares(
                problem.residual,
                search.theta * scale,
                problem.jacobian,
                method=method,
                x_scale="jac",
                max_nfev=10**9,
                **arguments,
            )
    except SearchEnded as end:
        return end.reason
    except (ValueError, np.linalg.LinAlgError) as error:
        return str(error)
    problem.settle()
    return str(found.message)


class _Rotated:
    """[Q^T r; rho] (p + 1,) and [R; 0] (p + 1, p) over |r0|, as functions of D theta.

    Args:
        far: where the residual is not finite give a large one instead of NaN.
    """

    def __init__(self, search: Search, far: bool) -> None:
        self._search = search
        self._fill = _FAR if far else np.nan
        self._size = np.sqrt(search.cost) or 1.0
        self._trials = 0
        self._at = search.theta.copy()

    def residual(self, scaled: FloatArray) -> FloatArray:
        search = self._search
        found = search.linearize(self._theta(scaled))
        self._trials += 1
        if search.iterations + self._trials - 1 > search.max_iterations:
            search.iterations = search.max_iterations
            search.end(reasons.iterations_used(search.max_iterations, None))
        if found is None:
            return np.full(len(scaled) + 1, self._fill)
        column: FloatArray = found.rfactor.triangle[:, -1] / self._size
        return column

    def jacobian(self, scaled: FloatArray, *_: object) -> FloatArray:
        search = self._search
        theta = self._theta(scaled)
        if not np.array_equal(theta, self._at):
            self._at = theta
            search.iteration(max(1, self._trials - 1), max(0, self._trials - 2))
            self._trials = 1
        found = search.linearize(theta)
        assert found is not None
        block: FloatArray = found.rfactor.triangle[:, :-1] / (self._size * search.scale)
        return block

    def settle(self) -> None:
        """Count the trials since the last step that was taken."""
        self._search.iterations += max(0, self._trials - 1)
        self._search.rejected += max(0, self._trials - 1)

    def _theta(self, scaled: FloatArray) -> FloatArray:
        return self._search.bounds.clip(scaled / self._search.scale)
