"""How the functions of distance of an embedded-atom potential end at their cutoff.

With truncation "smooth" density and pair energy are multiplied by a switch from 1 at ro to 0 at rc, whose
first and second derivatives end too; with "none" they jump to zero at rc, as many were published.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hpcfit.formula.potential import ParameterSpec

EamTruncation = Literal["smooth", "none"]


@dataclass(frozen=True)
class EamEnd:
    """The cutoff, what to multiply functions by, and the parameters and named parts of both."""

    cutoff: str
    factor: str
    parameters: tuple[ParameterSpec, ...]
    let: tuple[tuple[str, str], ...]


def eam_end(truncation: EamTruncation, rc: ParameterSpec, cutoff: str = "rc", ratio: float = 0.9) -> EamEnd:
    """The end at `cutoff`, an expression of rc; its switch begins at ro or, if this is 0, `ratio` of it."""
    if truncation == "none":
        return EamEnd(cutoff, "", (rc,), ())
    onset = ParameterSpec(
        "ro", "pair", 0.0, "angstrom", f"onset of the switch; 0 means {ratio:g} of the cutoff", minimum=0.0
    )
    let = (("onset", f"where(ro > 0, ro, {ratio:g}*({cutoff}))"), ("end", f"switch(r, onset, {cutoff})"))
    return EamEnd(cutoff, "*end", (rc, onset), let)
