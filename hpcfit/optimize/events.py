"""What happened in one iteration, for logs, checkpoints and plugins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
#: a complete state by name: what a checkpoint holds
StateDict = dict[str, NDArray[np.float64] | float | int | str | bool]


@dataclass(frozen=True)
class Counts:
    """How often what was done since the start of the fit.

    Attributes:
        iterations: trials of a step, whether accepted or rejected.
        residual_evaluations: of the cost alone.
        jacobian_evaluations: linearizations or gradients, each of which gives the cost as well.
        curvature_evaluations: second directional derivatives, one residual each.
        rejected: iterations whose step was not taken.
    """

    iterations: int = 0
    residual_evaluations: int = 0
    jacobian_evaluations: int = 0
    curvature_evaluations: int = 0
    rejected: int = 0


@dataclass(frozen=True, eq=False)
class IterationEvent:
    """State of a fit after an iteration; iteration 0 is the start. Carries no clock times.

    Attributes:
        cost: C = |r|^2 at theta.
        loss: C/2.
        accepted: whether the step of this iteration was taken.
        theta: parameters after the iteration, shape (p,).
        damping: lambda of the step; None where the method has none, or does not tell.
        radius: bound of the next step's norm |D v|; likewise.
        velocity_norm: |D v| of the step.
        acceleration_ratio: |D a|/|D v|; None where no acceleration was computed.
        predicted: fraction of the cost that the linear model promised to save; None at the start.
        actual: fraction that was saved; None where the trial was not evaluated or not finite.
        relative_offset: Bates and Watts' measure of how far theta is from the minimum; None for a
            fit without degrees of freedom or without any residual left.
        counts: totals since the start.
    """

    iteration: int
    cost: float
    loss: float
    accepted: bool
    theta: FloatArray
    damping: float | None
    radius: float | None
    velocity_norm: float
    acceleration_ratio: float | None
    predicted: float | None
    actual: float | None
    relative_offset: float | None
    counts: Counts


#: Called after every iteration with the event and the state to resume from; True stops the fit.
Callback = Callable[[IterationEvent, StateDict], bool]
