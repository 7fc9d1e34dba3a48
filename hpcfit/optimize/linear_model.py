"""The model of the cost around one theta: the steps it proposes, kept within the bounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hpcfit.linalg import DampedSystem, RFactor
from hpcfit.optimize.bounds import Bounds

FloatArray = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Step:
    """A step of the linear model.

    Attributes:
        velocity: v, shape (p,); theta + v is within the bounds.
        damping: lambda.
        reduction: |r|^2 - |r + J v|^2.
        free: parameters that no bound held, shape (p,).
        system: the decomposition of their columns.
    """

    velocity: FloatArray
    damping: float
    reduction: float
    free: Mask
    system: DampedSystem

    def correction(self, gradient: FloatArray) -> FloatArray:
        """`DampedSystem.correction` of g (p,), with zeros for parameters held by a bound."""
        correction = np.zeros(len(self.velocity))
        correction[self.free] = self.system.correction(self.damping, gradient[self.free])
        return correction


@dataclass(frozen=True, eq=False)
class LinearModel:
    """The residual near `theta` as r + J s, known through its triangle."""

    theta: FloatArray
    factor: RFactor
    cost: float
    bounds: Bounds

    @cached_property
    def held(self) -> Mask:
        """Parameters that stay at their bound, shape (p,)."""
        return self.bounds.held(self.theta, self.factor.gradient)

    def step(self, scale: FloatArray, damping: Callable[[DampedSystem], float]) -> Step:
        """The damped step, in which parameters that would leave their bounds go just to them.

        A parameter that would leave is fixed at its bound and the others are solved for again, with
        the effect of its move on the residual, until all stay inside. `held` frees it again at the
        next theta where that is better.

        Args:
            scale: D, shape (p,).
            damping: chooses lambda for a system of the columns that are free.
        """
        moved = np.zeros(len(self.theta))
        free = ~self.held
        while True:
            system = self._system(moved, free, scale)
            chosen = damping(system)
            velocity = moved.copy()
            velocity[free] = system.velocity(chosen)
            leaving = free & self.bounds.outside(self.theta + velocity)
            if not leaving.any():
                break
            target = self.bounds.clip(self.theta + velocity)
            moved[leaving] = (target - self.theta)[leaving]
            free = free & ~leaving
        reduction = system.reduction(chosen)
        if moved.any():
            change = self.factor.r @ moved
            reduction -= float(change @ change + 2.0 * change @ self.factor.qtr)
        return Step(velocity, chosen, reduction, free, system)

    def _system(self, moved: FloatArray, free: Mask, scale: FloatArray) -> DampedSystem:
        if free.all():
            return DampedSystem.of(self.factor, scale)
        factor = self.factor.moved(moved).select(np.flatnonzero(free))
        return DampedSystem.of(factor, scale[free])

    @cached_property
    def newton(self) -> Step:
        """The undamped (Gauss-Newton) step.

        Columns are scaled by their norms, so that a parameter of hardly any effect still counts.
        """
        norms = self.factor.column_norms
        return self.step(np.where(norms > 0.0, norms, 1.0), lambda system: 0.0)

    @cached_property
    def unbounded(self) -> Step:
        """The Gauss-Newton step of the parameters that no bound holds, as if there were no bounds.

        Convergence is judged by it: where bounds cut the step `newton` short, it can promise nothing
        although the cost is not stationary.
        """
        norms = self.factor.column_norms
        scale = np.where(norms > 0.0, norms, 1.0)
        free = ~self.held
        system = self._system(np.zeros(len(self.theta)), free, scale)
        velocity = np.zeros(len(self.theta))
        velocity[free] = system.velocity(0.0)
        return Step(velocity, 0.0, system.reduction(0.0), free, system)

    @property
    def reach(self) -> float:
        """|r|^2 - |r + J v|^2 of the unbounded Gauss-Newton step: what of the cost is within reach."""
        return max(0.0, self.unbounded.reduction)

    @property
    def relative_offset(self) -> float | None:
        """Bates and Watts, Technometrics 23 (1981) 179: sqrt(reach/p)/sqrt((C - reach)/(m - p))."""
        p = int(np.count_nonzero(~self.held))
        freedom = self.factor.rows - p
        rest = self.cost - self.reach
        if p == 0:
            return 0.0
        if freedom <= 0 or rest <= 0.0:
            return None
        return float(np.sqrt(self.reach / p / (rest / freedom)))

    def trial(self, step: Step, acceleration: FloatArray | None) -> FloatArray:
        """theta + v + a/2 within the bounds, shape (p,); parameters held by one lie exactly on it."""
        target = self.theta + step.velocity
        if acceleration is not None:
            target = target + 0.5 * acceleration
        nearest = np.where(step.velocity < 0.0, self.bounds.lower, self.bounds.upper)
        stuck = np.where(step.velocity == 0.0, self.theta, nearest)
        return np.where(step.free, self.bounds.clip(target), stuck)
