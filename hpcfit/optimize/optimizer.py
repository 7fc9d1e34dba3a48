"""What an optimizer is to the rest of the program: a class of options, and a function to call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hpcfit.optimize.adam import minimize_adam
from hpcfit.optimize.adam_options import AdamOptions
from hpcfit.optimize.bound_rules import BoundsRule
from hpcfit.optimize.geodesic_lm import minimize
from hpcfit.optimize.lm import minimize_lm
from hpcfit.optimize.options import GeodesicLMOptions, LMOptions
from hpcfit.optimize.result import OptimizerResult
from hpcfit.optimize.scipy_bridge.global_methods import GLOBAL_METHODS, global_by
from hpcfit.optimize.scipy_bridge.least_squares import least_squares_by
from hpcfit.optimize.scipy_bridge.local_methods import METHODS, local_by
from hpcfit.optimize.scipy_bridge.options import GlobalOptions, LeastSquaresOptions, LocalOptions


@dataclass(frozen=True)
class Optimizer:
    """An optimizer that a job can name.

    Attributes:
        options: a frozen dataclass; each field's metadata may have help, minimum, maximum, choices.
        minimize: called as minimize(objective, theta0, bounds=(lower, upper), labels=...,
            options=..., callback=..., state=...); see `geodesic_lm.minimize` for their meaning.
        resumes: from a checkpoint it goes on as if it had never stopped; else it begins anew from the best
            point, and the log says so.
        bounds: whether it keeps to bounds, refuses them, or needs two finite ones of every parameter.
    """

    options: type
    minimize: Callable[..., OptimizerResult]
    resumes: bool = True
    bounds: BoundsRule = "kept"


_LEAST_SQUARES: Mapping[str, BoundsRule] = {"trf": "kept", "dogbox": "kept", "lm": "refused"}
GEODESIC_LM = Optimizer(GeodesicLMOptions, minimize)
#: built-in optimizers by name
OPTIMIZERS: Mapping[str, Optimizer] = {
    "geodesic-lm": GEODESIC_LM,
    "lm": Optimizer(LMOptions, minimize_lm),
    "adam": Optimizer(AdamOptions, minimize_adam),
    **{
        f"scipy:{name}": Optimizer(LeastSquaresOptions, least_squares_by(name), False, rule)
        for name, rule in _LEAST_SQUARES.items()
    },
    **{
        f"scipy:{name}": Optimizer(
            LocalOptions, local_by(name), False, "kept" if method.bounds else "refused"
        )
        for name, method in METHODS.items()
    },
    **{
        f"scipy:{name}": Optimizer(GlobalOptions, global_by(name), False, "needed") for name in GLOBAL_METHODS
    },
}
