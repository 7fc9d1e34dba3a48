"""Options of SciPy's optimizers, as they stand in a job file's [optimizer]: a class for each family."""

from __future__ import annotations

from dataclasses import dataclass

from hpcfit.optimize.options import option

_OFFSET = "converged when the relative offset at the end is below this; else the fit is not converged"


@dataclass(frozen=True)
class LeastSquaresOptions:
    """Options of `scipy:trf`, `scipy:dogbox` and `scipy:lm`."""

    max_iterations: int = option(500, "trials of a step, accepted or rejected, before giving up", 0)
    xtol: float = option(1e-12, "SciPy stops when a step is below this fraction of the parameters", 0.0, 1.0)
    ftol: float = option(1e-15, "SciPy stops when a step saves less than this fraction", 0.0, 1.0)
    gtol: float = option(1e-15, "SciPy stops when the scaled gradient is below this", 0.0, 1.0)
    relative_offset: float = option(1e-5, _OFFSET, 0.0)


@dataclass(frozen=True)
class LocalOptions:
    """Options of the methods of scipy.optimize.minimize."""

    max_iterations: int = option(2000, "iterations of the method, over all its rounds, before giving up", 0)
    max_evaluations: int = option(100_000, "evaluations of cost or gradient before giving up", 1)
    tolerance: float = option(1e-10, "the method's own tolerance, in scaled parameters and costs", 0.0, 1.0)
    rounds: int = option(20, "how often the method may start again where it stopped short of a minimum", 1)
    relative_offset: float = option(1e-5, _OFFSET, 0.0)


@dataclass(frozen=True)
class GlobalOptions:
    """Options of SciPy's global methods."""

    max_iterations: int = option(1000, "iterations (generations, jumps) of the method", 0)
    max_evaluations: int = option(20_000, "evaluations of cost or gradient before the search ends", 1)
    seed: int = option(0, "seed of the random numbers; DIRECT and SHGO have none", 0)
    polish: bool = option(True, "go on by geodesic-lm from the best point found")
    relative_offset: float = option(1e-5, _OFFSET, 0.0)
