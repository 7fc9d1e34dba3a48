"""Robust losses: what a residual far from zero may count for.

kinds        the functions rho, and by what scale a Gaussian is judged almost as by least squares
run          what residuals of the same loss cost and how they are scaled, fast
fold         [J | r] of chunks scaled so that least squares of it minimizes the sum of rho, and folded
row_blocks   the same for chunks of tables as their models give them
row_loss     the loss of each residual of a group
objective    the triangle as the optimizer sees it
"""

from hpcfit.problem.loss.kinds import LEAST_SQUARES, LOSSES, MAD, REDESCENDING, TUNING, TargetLoss
from hpcfit.problem.loss.objective import LossObjective
from hpcfit.problem.loss.row_loss import RowLoss

__all__ = [
    "LEAST_SQUARES",
    "LOSSES",
    "MAD",
    "REDESCENDING",
    "TUNING",
    "LossObjective",
    "RowLoss",
    "TargetLoss",
]
