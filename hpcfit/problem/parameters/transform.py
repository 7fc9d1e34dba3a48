"""Transforms: what the optimizer moves in place of a value, so that it stays where it makes sense.

Their variable is shifted to be 1 at the start: the start is then met to the last bit, and a step by one
is a change of the logarithm by one, whatever the parameter's unit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from hpcfit.problem.parameters.given import TransformName

#: the optimizer's variable of a transformed parameter at the start
START = 1.0


class Transform(Protocol):
    """A value as a function of the optimizer's variable."""

    @property
    def bounds(self) -> tuple[float, float]:
        """Lower and upper bound of the variable."""

    def value(self, theta: float) -> float:
        """The parameter's value; infinite where it would overflow."""

    def slope(self, theta: float) -> float:
        """d value / d theta."""

    def theta(self, value: float) -> float:
        """The variable at a value; infinite where none is, as of zero by its logarithm."""


@dataclass(frozen=True)
class Logarithm:
    """theta = 1 + log(value/initial): the value stays above zero, and steps are relative."""

    initial: float
    minimum: float
    maximum: float

    @property
    def bounds(self) -> tuple[float, float]:
        return self.theta(self.minimum), self.theta(self.maximum)

    def value(self, theta: float) -> float:
        low, high = self.bounds
        # At a bound exactly, which the exponential of a logarithm would miss by its rounding.
        if theta <= low and self.minimum > 0.0:
            return self.minimum
        return self.maximum if theta >= high else self.initial * _exp(theta - START)

    def slope(self, theta: float) -> float:
        return self.initial * _exp(theta - START)

    def theta(self, value: float) -> float:
        return -math.inf if value <= 0.0 else START + math.log(value / self.initial)


@dataclass(frozen=True)
class Logit:
    """theta = 1 + logit(u) - logit(u0) with u = (value - min)/(max - min): it never leaves its bounds."""

    initial: float
    minimum: float
    maximum: float

    @property
    def bounds(self) -> tuple[float, float]:
        return -math.inf, math.inf

    def value(self, theta: float) -> float:
        grown, rest = self._parts(theta)
        if math.isinf(grown):
            return self.maximum
        # As a change from the start, which is then met exactly.
        change = (self.maximum - self.initial) * (math.expm1(theta - START) * self._share / rest)
        return min(max(self.initial + change, self.minimum), self.maximum)

    def slope(self, theta: float) -> float:
        grown, rest = self._parts(theta)
        if math.isinf(grown):
            return 0.0
        return (self.maximum - self.initial) * (self._share * grown / rest) / rest

    def theta(self, value: float) -> float:
        if not self.minimum < value < self.maximum:
            return -math.inf if value <= self.minimum else math.inf
        odds = (value - self.minimum) / (self.maximum - value)
        own = (self.initial - self.minimum) / (self.maximum - self.initial)
        return START + math.log(odds / own)

    @property
    def _share(self) -> float:
        """u0."""
        return (self.initial - self.minimum) / (self.maximum - self.minimum)

    def _parts(self, theta: float) -> tuple[float, float]:
        """e**(theta - 1), and 1 - u0 + u0 e**(theta - 1)."""
        grown = _exp(theta - START)
        return grown, 1.0 - self._share + self._share * grown


def make_transform(name: TransformName, initial: float, minimum: float, maximum: float) -> Transform:
    """The transform of a parameter that starts at `initial`; see `transform_problem`."""
    kind = Logarithm if name == "log" else Logit
    return kind(initial, minimum, maximum)


def transform_problem(name: TransformName, initial: float, minimum: float, maximum: float) -> str | None:
    """Why a parameter within its bounds cannot be transformed; None when it can."""
    if name == "log":
        if initial > 0.0:
            return None
        return f'transform = "log" needs a start above 0, not {initial}. Give another one, or no transform.'
    if math.isinf(minimum) or math.isinf(maximum):
        return 'transform = "logit" needs a min and a max. Give both, or no transform.'
    if minimum < initial < maximum:
        return None
    return (
        f'transform = "logit" needs a start between min {minimum} and max {maximum}, not {initial}. '
        "Give another one."
    )


def _exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf
