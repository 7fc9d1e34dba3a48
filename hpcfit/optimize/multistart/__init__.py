"""Fits from many starts, of which the best is kept: a search for the lowest of several minima."""

from hpcfit.optimize.multistart.minima import Minimum, distinct_minima
from hpcfit.optimize.multistart.optimizer import MULTISTART, Inner, Multistart
from hpcfit.optimize.multistart.options import MultistartOptions
from hpcfit.optimize.multistart.record import StartRecord, best_of, fit_from
from hpcfit.optimize.multistart.starts import draw_starts

__all__ = [
    "MULTISTART",
    "Inner",
    "Minimum",
    "Multistart",
    "MultistartOptions",
    "StartRecord",
    "best_of",
    "distinct_minima",
    "draw_starts",
    "fit_from",
]
