"""The methods of scipy.optimize.minimize: of the cost alone, or of the cost and its gradient.

They see theta/s in place of theta and C/C_0 in place of the cost, with s_j a change that moves the residual
by its own norm, or by a tenth of it: so steps and values are of order one, which their tolerances and first
steps take for granted, and no parameter hides behind another of larger effect. Where one stops short of a
minimum (its rules being of absolute numbers) it starts again from there, as long as that helps, with the
units of that point. Methods that lose their way when their units do not fit any more are made to do so
after some iterations.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.optimize import reasons
from hpcfit.optimize.bound_rules import named, require_no_bounds
from hpcfit.optimize.bounds import Bounds
from hpcfit.optimize.events import Callback, StateDict
from hpcfit.optimize.linear_model import LinearModel
from hpcfit.optimize.objective import Objective
from hpcfit.optimize.scipy_bridge.begin import begin
from hpcfit.optimize.scipy_bridge.options import LocalOptions
from hpcfit.optimize.scipy_bridge.scaled_cost import ScaledCost
from hpcfit.optimize.scipy_bridge.search import Search, SearchEnded
from hpcfit.optimize.scipy_bridge.verdict import finish, minimum

if TYPE_CHECKING:
    from hpcfit.optimize.result import OptimizerResult

FloatArray = NDArray[np.float64]

_MANY = 10**9
#: savings that tell nothing: near the minimum the cost is flat, and the parameters still move
_ROUNDING = 1e-15
#: a round that saves less than this fraction of the cost was of no use
_WORTH_A_ROUND = 1e-13
#: units of the rounds one after the other, in changes that move the residual by its own norm: from far away
#: short first steps are safer; two rounds of no use, each with other units, are the last
_UNITS = (0.1, 1.0)


@dataclass(frozen=True)
class Method:
    """A method of scipy.optimize.minimize.

    Attributes:
        bounds: it keeps to bounds.
        slopes: it is given the gradient.
        products: it is given products of the Hessian.
        tolerances: its options that are set to the tolerance.
        fixed: further options.
        shortest: iterations (of TNC: evaluations) of a round, or twice the number of parameters if that is
            more; None: as many as it likes.
    """

    bounds: bool
    tolerances: tuple[str, ...]
    fixed: Mapping[str, Any]
    slopes: bool = True
    products: bool = False
    shortest: int | None = None


METHODS: Mapping[str, Method] = {
    "L-BFGS-B": Method(True, ("gtol",), {"ftol": _ROUNDING, "maxiter": _MANY, "maxfun": _MANY, "maxcor": 20}),
    "BFGS": Method(False, ("gtol",), {"maxiter": _MANY}),
    "CG": Method(False, ("gtol",), {}, shortest=30),
    "Newton-CG": Method(False, ("xtol",), {}, products=True, shortest=15),
    "TNC": Method(True, ("gtol",), {"ftol": _ROUNDING, "xtol": _ROUNDING}, shortest=100),
    "SLSQP": Method(True, (), {"ftol": _ROUNDING, "maxiter": 10**8}),
    "trust-constr": Method(True, ("gtol", "xtol", "barrier_tol"), {"maxiter": _MANY}),
    "Nelder-Mead": Method(
        True, ("xatol", "fatol"), {"maxiter": _MANY, "maxfev": _MANY, "adaptive": True}, slopes=False
    ),
    "Powell": Method(True, ("xtol", "ftol"), {"maxiter": _MANY, "maxfev": _MANY}, slopes=False),
    "COBYLA": Method(True, ("tol",), {"maxiter": 10**8, "rhobeg": 0.1}, slopes=False),
}


def local_by(name: str) -> Callable[..., OptimizerResult]:
    """`minimize` by a method of scipy.optimize.minimize, by its SciPy name."""
    method = METHODS[name]

    def minimize(
        objective: Objective,
        theta0: FloatArray,
        *,
        bounds: tuple[FloatArray, FloatArray] | None = None,
        labels: Sequence[str] | None = None,
        options: LocalOptions | None = None,
        callback: Callback | None = None,
        state: StateDict | None = None,
        width: FloatArray | None = None,
    ) -> OptimizerResult:
        chosen = options or LocalOptions()
        theta0 = np.array(theta0, dtype=np.float64)
        box, names = Bounds.of(bounds, theta0), named(theta0, labels)
        if not method.bounds:
            require_no_bounds(f"scipy:{name}", box, names)
        limits = chosen.max_iterations, chosen.max_evaluations
        with np.errstate(all="ignore"):
            search = begin(objective, theta0, box, names, callback, state, width, *limits)
            ended = _drive(search, name, chosen)
            return finish(search, f"scipy:{name}", ended, chosen.relative_offset)

    return minimize


def _drive(search: Search, name: str, options: LocalOptions) -> reasons.StopReason | str:
    if search.opened():
        return reasons.stopped()
    words, stops, useless = "there is nothing to fit", 0, 0
    try:
        for unit in itertools.cycle(_UNITS):
            model = search.best_model()
            if minimum(search, model, options.relative_offset) is not None:
                break
            if search.iterations >= search.max_iterations:
                return reasons.iterations_used(search.max_iterations, None)
            before = search.cost
            words, cut = _round(search, name, options.tolerance, unit * _size(search, model))
            stops += not cut
            useless = useless + 1 if search.cost >= before * (1.0 - _WORTH_A_ROUND) else 0
            if stops >= options.rounds or useless >= len(_UNITS):
                break
    except SearchEnded as end:
        return end.reason
    return words


def _size(search: Search, model: LinearModel) -> FloatArray:
    """How far each parameter must move to change the residual by its own norm, shape (p,)."""
    norms = model.factor.column_norms
    size = np.sqrt(model.cost) / np.where(norms > 0.0, norms, 1.0)
    return np.where((norms > 0.0) & np.isfinite(size) & (size > 0.0), size, 1.0 / search.scale)


def _round(search: Search, name: str, tolerance: float, size: FloatArray) -> tuple[str, bool]:
    """Minimize from the best point on; SciPy's words, and whether the round was cut short."""
    from scipy.optimize import Bounds as ScipyBounds
    from scipy.optimize import minimize

    method = METHODS[name]
    lower, upper = search.bounds.lower, search.bounds.upper
    problem = ScaledCost(search, size, linearized=method.products)
    arguments: dict[str, Any] = {}
    if method.slopes:
        arguments["jac"] = True
    if method.products:
        arguments["hessp"] = problem.product
    if method.bounds and (np.isfinite(lower).any() or np.isfinite(upper).any()):
        scaled = ScipyBounds(lower / size, upper / size, keep_feasible=True)
        arguments["bounds"] = scaled
    settings = {**method.fixed, **dict.fromkeys(method.tolerances, tolerance)}
    most = None if method.shortest is None else max(method.shortest, 2 * len(size))
    if most is not None:
        settings["maxfun" if name == "TNC" else "maxiter"] = most
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = minimize(
                problem.with_gradient if method.slopes else problem.value,
                search.theta / size,
                method=name,
                callback=problem.iterated,
                options=settings,
                **arguments,
            )
    except (ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
        # SciPy's linear algebra, where values differ by too many orders; the best point is known.
        return str(error), False
    return str(found.message), most is not None and (found.nfev if name == "TNC" else found.nit) >= most
