"""Four ways to end a pair energy at its cutoff, as text around the text of the energy."""

from __future__ import annotations

import ast
import re
from typing import Literal

Truncation = Literal["none", "shift", "force-shift", "smooth"]

#: what each choice does, for people
TRUNCATIONS: dict[Truncation, str] = {
    "none": "the energy jumps to zero at rc",
    "shift": "the energy is shifted to zero at rc, the force jumps (ASE's default)",
    "force-shift": "energy and force are shifted to zero at rc",
    "smooth": "the energy is switched off between ro and rc (ASE's smooth=True)",
}
# Of r^2, with value and slope 0 at rc and slope 0 at ro; from JAX-MD and HOOMD-blue by way of ASE.
_SWITCH = "where(r < ro, 1, (rc**2 - r**2)**2*(rc**2 + 2*r**2 - 3*ro**2)/(rc**2 - ro**2)**3)"


def truncated(energy: str, slope: str, truncation: Truncation, *, cutoff: str, onset: str) -> str:
    """The text of `energy` as a function of r, ended in the chosen way.

    `slope` is the text of its derivative by r; `cutoff` and `onset` are the names under which
    the formula knows the distances rc and ro.
    """
    if truncation == "none":
        return energy
    if truncation == "shift":
        return f"{energy} - {_at(energy, cutoff)}"
    if truncation == "force-shift":
        return f"{energy} - {_at(energy, cutoff)} - (r - {cutoff})*{_at(slope, cutoff)}"
    names = {"rc": cutoff, "ro": onset}
    return f"{_factor(energy)}*" + re.sub(r"\br[co]\b", lambda found: names[found.group()], _SWITCH)


def _at(text: str, distance: str) -> str:
    return _factor(re.sub(r"\br\b", distance, text))


def _factor(text: str) -> str:
    """The text in brackets if it is a sum or starts with a minus."""
    tree = ast.parse(text, mode="eval").body
    is_sum = isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Add | ast.Sub)
    return f"({text})" if is_sum or text.startswith("-") else text
