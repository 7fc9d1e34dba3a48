"""Where a spline's knots are and how it ends: what `bspline(x, name, knots=...)` says besides its name.

A spline has `knots` equidistant knots from `low` to `high` and is a cubic between two of them, with
value, slope and curvature without jumps. It is the sum of c_k B_k(x) over cubic B-splines B_k, k = 0 ..
knots + 1 (de Boor, A Practical Guide to Splines, 1978, chapter 9), of which at any x four count.
At an end it goes on as a straight line, so that its curvature is 0 there, or, with
`ends_at_zero`, falls to zero with slope and curvature at `high` and stays there. Each condition takes
coefficients away: c_0 = 2 c_1 - c_2, the like above, and c_k = 0 for the last three.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from hpcfit.suggest import suggestion

FEWEST_KNOTS, MOST_KNOTS = 4, 1000
#: distances: a function of one ends where bonds do
_DISTANCES = ("r", "r1", "r2")
_LIMIT = re.compile(r"(\w+)_(min|max)\Z")


@dataclass(frozen=True)
class SplineShape:
    """Knots and ends of a spline.

    Attributes:
        low, high: the first and the last knot.
        ends_at_zero: zero from `high` on; else both ends go on as straight lines.
        monotonic: 1 or -1: it only rises or only falls; its parameters are then steps between
            coefficients, none below 0 (`SplineValues.full`). 0: they are the coefficients.
    """

    knots: int
    low: float
    high: float
    ends_at_zero: bool
    monotonic: int = 0
    #: what its knots are called after
    variable: str = field(default="x", compare=False)

    @property
    def n_parameters(self) -> int:
        """Numbers that remain to be chosen."""
        return self.knots - 2 if self.ends_at_zero else self.knots

    @property
    def interval(self) -> float:
        """Distance of two knots."""
        return (self.high - self.low) / (self.knots - 1)

    @property
    def kind(self) -> str:
        """What its coefficients are made of its parameters by, as text."""
        return f"{self.knots},{int(self.ends_at_zero)},{self.monotonic}"

    def parameter_minimum(self, index: int) -> float | None:
        """What bounds one of its parameters from below: 0 if that is a step."""
        steps_from = 0 if self.ends_at_zero else 1
        return 0.0 if self.monotonic and index >= steps_from else None


def read_shape(keywords: Mapping[str, float], variable: str) -> SplineShape:
    """The shape that `knots=20, r_min=1.5, r_max=6.0` gives.

    Args:
        keywords: what is written after the name.
        variable: the first argument, if it is a name.

    Raises:
        ValueError: a sentence on what is wrong with them.
    """
    limits: dict[str, list[str]] = {"min": [], "max": []}
    prefixes = {*_DISTANCES, "x", *([variable] if variable else [])}
    for name in keywords:
        found = _LIMIT.match(name)
        if found and found[1] in prefixes:
            limits[found[2]].append(name)
        elif name not in ("knots", "monotonic"):
            own = variable if variable else "x"
            known = ["knots", "monotonic", f"{own}_min", f"{own}_max"]
            raise ValueError(f"bspline has no argument {name}.{suggestion(name, known)}")
    if "knots" not in keywords or any(len(names) != 1 for names in limits.values()):
        own = "r" if variable in _DISTANCES else variable or "x"
        raise ValueError(
            f"bspline needs knots, {own}_min and {own}_max. "
            f"Write bspline({variable or '...'}, name, knots=20, {own}_min=..., {own}_max=...)"
        )
    (low_name,), (high_name,) = limits.values()
    return _checked(keywords, low_name, high_name)


def _checked(keywords: Mapping[str, float], low_name: str, high_name: str) -> SplineShape:
    knots, low, high = keywords["knots"], keywords[low_name], keywords[high_name]
    monotonic = keywords.get("monotonic", 0.0)
    if knots != round(knots) or not FEWEST_KNOTS <= knots <= MOST_KNOTS:
        raise ValueError(f"knots is a whole number from {FEWEST_KNOTS} to {MOST_KNOTS}, not {knots:g}.")
    if low_name[:-4] != high_name[:-4]:
        raise ValueError(f"{low_name} and {high_name} are limits of different variables.")
    if not low < high:
        raise ValueError(f"{low_name}, {low:g}, is not below {high_name}, {high:g}.")
    if monotonic not in (-1.0, 0.0, 1.0):
        raise ValueError(f"monotonic is 1 (it only rises) or -1 (it only falls), not {monotonic:g}.")
    name = high_name[:-4]
    return SplineShape(int(knots), low, high, name in _DISTANCES, int(monotonic), name)
