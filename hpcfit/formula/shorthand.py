"""Functions that are formulas themselves: what a call of one stands for.

One definition serves every reader of formulas, and no printer needs to know of them.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Shorthand:
    """A function: the names of its arguments, and the formula of these that it stands for.

    Attributes:
        rising: two of the arguments, the first of which must be below the second.
    """

    arguments: tuple[str, ...]
    tree: ast.expr
    rising: tuple[str, str]


def _switch(between: str) -> Shorthand:
    """1 up to r_in, `between` there and r_out, and 0 from r_out on."""
    text = f"where(r < r_in, 1, where(r < r_out, {between}, 0))"
    return Shorthand(("r", "r_in", "r_out"), ast.parse(text, mode="eval").body, ("r_in", "r_out"))


# Half a period of a cosine. It is what J. Tersoff, Phys. Rev. B 37, 6991 (1988), writes as
# 1/2 - 1/2 sin(pi/2 (r - R)/D), with R = (r_in + r_out)/2 and D = (r_out - r_in)/2.
_COSINE = _switch("0.5 + 0.5*cos(pi*(r - r_in)/(r_out - r_in))")
# y^3 (10 - 15 y + 6 y^2) of y = (r_out - r)/(r_out - r_in), so that it ends as accurately as it begins;
# K. Perlin, ACM Trans. Graph. 21, 681 (2002). Its first and second derivatives are zero at both ends.
_QUINTIC = _switch(
    "((r_out - r)/(r_out - r_in))**3*(10 + (r_out - r)/(r_out - r_in)*(6*((r_out - r)/(r_out - r_in)) - 15))"
)
SHORTHANDS: Mapping[str, Shorthand] = MappingProxyType(
    {"switch": _QUINTIC, "switch_cosine": _COSINE, "switch_tersoff": _COSINE}
)
