"""SciPy's global methods: a search between finite bounds, then geodesic-lm from the best point found.

They see the parameters as fractions of the way between their bounds, and C/C_0 in place of the cost. No
search proves that there is nothing lower; the result is the lowest minimum that was met.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.optimize import reasons
from hpcfit.optimize.bound_rules import named, require_finite_bounds
from hpcfit.optimize.bounds import Bounds
from hpcfit.optimize.events import Callback, Counts, IterationEvent, StateDict
from hpcfit.optimize.geodesic_lm import minimize as geodesic_lm
from hpcfit.optimize.objective import Objective
from hpcfit.optimize.options import GeodesicLMOptions
from hpcfit.optimize.result import OptimizerResult
from hpcfit.optimize.scipy_bridge.begin import begin
from hpcfit.optimize.scipy_bridge.options import GlobalOptions
from hpcfit.optimize.scipy_bridge.scaled_cost import ScaledCost
from hpcfit.optimize.scipy_bridge.search import Search, SearchEnded
from hpcfit.optimize.scipy_bridge.verdict import finish

FloatArray = NDArray[np.float64]
Drive = Callable[[ScaledCost, FloatArray, GlobalOptions], Any]

_MANY = 10**8
#: sampling points of SHGO in each iteration
_SAMPLES = 64


def _differential_evolution(cost: ScaledCost, z0: FloatArray, options: GlobalOptions) -> Any:
    from scipy.optimize import differential_evolution

    return differential_evolution(
        cost.value,
        [(0.0, 1.0)] * len(z0),
        maxiter=_MANY,
        **_random(differential_evolution, options.seed),
        tol=1e-6,
        polish=False,
        init="sobol",
        x0=z0,
        callback=cost.iterated,
    )


def _dual_annealing(cost: ScaledCost, z0: FloatArray, options: GlobalOptions) -> Any:
    from scipy.optimize import dual_annealing

    return dual_annealing(
        cost.value,
        [(0.0, 1.0)] * len(z0),
        maxiter=max(1, options.max_iterations),
        maxfun=_MANY,
        **_random(dual_annealing, options.seed),
        x0=z0,
        minimizer_kwargs=_local(cost),
        callback=cost.iterated,
    )


def _basin_hopping(cost: ScaledCost, z0: FloatArray, options: GlobalOptions) -> Any:
    from scipy.optimize import basinhopping

    return basinhopping(
        cost.with_gradient,
        z0,
        niter=max(1, options.max_iterations),
        stepsize=0.25,
        **_random(basinhopping, options.seed),
        minimizer_kwargs=_local(cost) | {"jac": True},
        callback=cost.iterated,
        niter_success=25,
    )


def _shgo(cost: ScaledCost, z0: FloatArray, options: GlobalOptions) -> Any:
    from scipy.optimize import shgo

    return shgo(
        cost.value,
        [(0.0, 1.0)] * len(z0),
        n=_SAMPLES,
        iters=1,
        sampling_method="sobol",
        minimizer_kwargs=_local(cost),
        callback=cost.iterated,
    )


def _direct(cost: ScaledCost, z0: FloatArray, options: GlobalOptions) -> Any:
    from scipy.optimize import direct

    return direct(
        cost.value,
        [(0.0, 1.0)] * len(z0),
        maxfun=options.max_evaluations,
        maxiter=max(1, options.max_iterations),
        callback=cost.iterated,
    )


def _random(function: Callable[..., Any], seed: int) -> dict[str, Any]:
    """The argument for random numbers, which SciPy 1.15 has renamed."""
    name = "rng" if "rng" in inspect.signature(function).parameters else "seed"
    return {name: np.random.default_rng(seed)}


def _local(cost: ScaledCost) -> dict[str, Any]:
    """The local minimizer of the methods that have one."""
    return {"method": "L-BFGS-B", "jac": cost.slope, "bounds": [(0.0, 1.0)] * cost.n_parameters}


GLOBAL_METHODS: Mapping[str, Drive] = {
    "differential-evolution": _differential_evolution,
    "dual-annealing": _dual_annealing,
    "basin-hopping": _basin_hopping,
    "shgo": _shgo,
    "direct": _direct,
}


def global_by(name: str) -> Callable[..., OptimizerResult]:
    """`minimize` by a global method."""

    def minimize(
        objective: Objective,
        theta0: FloatArray,
        *,
        bounds: tuple[FloatArray, FloatArray] | None = None,
        labels: Sequence[str] | None = None,
        options: GlobalOptions | None = None,
        callback: Callback | None = None,
        state: StateDict | None = None,
        width: FloatArray | None = None,
    ) -> OptimizerResult:
        chosen = options or GlobalOptions()
        theta0 = np.array(theta0, dtype=np.float64)
        box, names = Bounds.of(bounds, theta0), named(theta0, labels)
        require_finite_bounds(f"scipy:{name}", box, names)
        limits = chosen.max_iterations, chosen.max_evaluations
        with np.errstate(all="ignore"):
            search = begin(objective, theta0, box, names, callback, state, width, *limits)
            ended = _drive(search, name, chosen)
            stopped = isinstance(ended, reasons.StopReason) and ended.status == "stopped"
            if stopped or not chosen.polish:
                return finish(search, f"scipy:{name}", ended, chosen.relative_offset)
            return _polished(search, f"scipy:{name}")

    return minimize


def _drive(search: Search, name: str, options: GlobalOptions) -> reasons.StopReason | str:
    if search.opened():
        return reasons.stopped()
    lower, size = search.bounds.lower, search.bounds.upper - search.bounds.lower
    if not len(size):
        return "there is nothing to fit"
    size = np.where(size > 0.0, size, 1.0)
    cost = ScaledCost(search, size, origin=lower)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = GLOBAL_METHODS[name](cost, (search.theta - lower) / size, options)
    except SearchEnded as end:
        return end.reason
    except SystemError:
        # What DIRECT of SciPy 1.13, in C, makes of an exception.
        if search.ended is None:
            raise
        return search.ended
    # Some of them call back only when they have found something better.
    search.iterations = max(search.iterations, int(found.get("nit", 0)))
    if search.iterations >= options.max_iterations:
        return reasons.iterations_used(options.max_iterations, None)
    return str(np.atleast_1d(found.message)[0])


def _polished(search: Search, method: str) -> OptimizerResult:
    """geodesic-lm from the best point; its iterations are counted after those of the search."""
    before, history = search.counts, search.history

    def relay(event: IterationEvent, state: StateDict) -> bool:
        if search.callback is None or event.iteration == 0:
            return False
        best = search.to_dict() | {"theta": event.theta, "history": np.array([*history, event.cost])}
        counts = _sum(before, event.counts)
        best |= {
            "iterations": counts.iterations,
            "residual_evaluations": counts.residual_evaluations,
            "jacobian_evaluations": counts.jacobian_evaluations,
            "rejected": counts.rejected,
        }
        iteration = before.iterations + event.iteration
        return bool(search.callback(replace(event, iteration=iteration, counts=counts), best))

    bounds = search.bounds.lower, search.bounds.upper
    found = geodesic_lm(
        search.objective,
        search.theta,
        bounds=bounds,
        labels=search.labels,
        options=GeodesicLMOptions(),
        callback=relay,
    )
    words = f"{found.reason} It is the lowest that {method} met in {search.evaluations} evaluations."
    return replace(
        found,
        counts=_sum(before, found.counts),
        history=(*history, *(cost for cost in found.history if cost < history[-1])),
        reason=words if found.converged else found.reason,
    )


def _sum(first: Counts, then: Counts) -> Counts:
    return Counts(
        first.iterations + then.iterations,
        first.residual_evaluations + then.residual_evaluations,
        first.jacobian_evaluations + then.jacobian_evaluations,
        first.curvature_evaluations + then.curvature_evaluations,
        first.rejected + then.rejected,
    )
