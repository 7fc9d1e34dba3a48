"""What an optimizer is to the rest of the program: a class of options, and a function to call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hpcfit.optimize.geodesic_lm import minimize
from hpcfit.optimize.options import GeodesicLMOptions
from hpcfit.optimize.result import OptimizerResult


@dataclass(frozen=True)
class Optimizer:
    """An optimizer that a job can name.

    Attributes:
        options: a frozen dataclass; each field's metadata may have help, minimum, maximum, choices.
        minimize: called as minimize(objective, theta0, bounds=(lower, upper), labels=...,
            options=..., callback=..., state=...); see `geodesic_lm.minimize` for their meaning.
    """

    options: type
    minimize: Callable[..., OptimizerResult]


GEODESIC_LM = Optimizer(GeodesicLMOptions, minimize)
#: built-in optimizers by name
OPTIMIZERS: Mapping[str, Optimizer] = {"geodesic-lm": GEODESIC_LM}
