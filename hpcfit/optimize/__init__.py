"""Optimizers of sums of squares: serial code that sees an `Objective` and neither ranks nor atoms."""

from hpcfit.optimize.dense import DenseObjective
from hpcfit.optimize.events import Callback, Counts, IterationEvent, StateDict
from hpcfit.optimize.geodesic_lm import minimize
from hpcfit.optimize.objective import Cost, Gradient, Linearization, Objective
from hpcfit.optimize.optimizer import OPTIMIZERS, Optimizer
from hpcfit.optimize.options import GeodesicLMOptions
from hpcfit.optimize.result import OptimizerResult

__all__ = [
    "OPTIMIZERS",
    "Callback",
    "Cost",
    "Counts",
    "DenseObjective",
    "GeodesicLMOptions",
    "Gradient",
    "IterationEvent",
    "Linearization",
    "Objective",
    "Optimizer",
    "OptimizerResult",
    "StateDict",
    "minimize",
]
