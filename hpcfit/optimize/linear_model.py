"""The model of the cost around one theta: the steps it proposes, kept within the bounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hpcfit.linalg import DampedSystem, RFactor
from hpcfit.linalg.bounded import bounded_least_squares
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
        """The damped step within the bounds.

        Where the step of the parameters that no bound holds would leave the bounds, it is the minimum
        of the damped model within them, which may hold more parameters or let go of some. The damping
        is then chosen anew for the parameters that remain, which have all of the radius to themselves.

        Args:
            scale: D, shape (p,).
            damping: chooses lambda for a system of the columns that are free.
        """
        moved, free = np.zeros(len(self.theta)), ~self.held
        for _ in range(len(self.theta) + 1):
            system = self._system(moved, free, scale)
            chosen = damping(system)
            velocity = moved.copy()
            velocity[free] = system.velocity(chosen)
            if not self.bounds.outside(self.theta + velocity)[free].any():
                break
            velocity, held = self._within_bounds(scale, chosen)
            settled = bool((held == ~free).all())
            moved, free = np.where(held, velocity, 0.0), ~held
            if settled:
                break
        if not moved.any():
            return Step(velocity, chosen, system.reduction(chosen), free, system)
        change = self.factor.r @ velocity
        reduction = -float(change @ change + 2.0 * change @ self.factor.qtr)
        return Step(velocity, chosen, reduction, free, self._system(moved, free, scale))

    def _within_bounds(self, scale: FloatArray, damping: float) -> tuple[FloatArray, Mask]:
        """The minimum (p,) of the damped model within the bounds, and what they hold there (p,)."""
        norms = np.sqrt(self.factor.column_norms**2 + damping * scale**2)
        # Powers of two: a bound times a unit, divided by it, is the bound again.
        unit = np.exp2(np.round(np.log2(np.where(norms > 0.0, norms, 1.0))))
        rows = np.vstack([self.factor.r, np.diag(np.sqrt(damping) * scale)]) / unit
        target = np.concatenate([-self.factor.qtr, np.zeros(len(scale))])
        lower, upper = self.bounds.lower - self.theta, self.bounds.upper - self.theta
        solution, held = bounded_least_squares(rows, target, lower * unit, upper * unit)
        return solution / unit, held

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

    def cut_short(self, step: Step) -> bool:
        """Whether a parameter that could move was stopped by a bound on its way."""
        return bool(np.any(~step.free & ~self.held))

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
