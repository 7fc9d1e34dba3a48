"""The two ways to write Tersoff's potential for several species, as text.

"triplets" has numbers for each kind of bond and triplet, as files of LAMMPS have: entry (i, j, j) there
gives those of the bond, entry (i, j, k) those of its environment. R and D of (i, j, k) are those of (i, k).
"mixing" is the rule of J. Tersoff, Phys. Rev. B 39, 5566 (1989), equations 1 to 3: numbers of each
species, and chi and omega of each pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hpcfit.formula.potential import Kind, ParameterSpec

Power = Literal[3, 1, 0]
_FACTORS: dict[Power, str] = {3: "*exp((lambda3*(r1 - r2))**3)", 1: "*exp(lambda3*(r1 - r2))", 0: ""}


@dataclass(frozen=True)
class TersoffTerms:
    """Parameters, energy of a bond, its environment, the cutoff of both, and their named parts."""

    parameters: tuple[ParameterSpec, ...]
    bond: str
    environment: str
    cutoff: str
    let: tuple[tuple[str, str], ...]


def triplets(m: Power) -> TersoffTerms:
    """Numbers of each kind of bond and triplet; `m` as in `tersoff`."""
    preference = ParameterSpec("lambda3", "ordered-triplet", 0.0, "1/angstrom", "preference of shorter bonds")
    return TersoffTerms(
        (
            *_parameters("pair", "ordered-pair", "ordered-triplet"),
            ParameterSpec("gamma", "ordered-triplet", 1.0, "", "weight of an angle"),
            *([preference] if m else []),
        ),
        bond="cut*(A*exp(-lambda1*r) - order*B*exp(-lambda2*r))",
        environment="cut2*angle" + _FACTORS[m],
        cutoff="R + D",
        let=(
            ("cut", "switch_tersoff(r, R - D, R + D)"),
            # 1 for bonds without others, where powers of zeta have no derivative
            ("order", "where(zeta > 0, (1 + (beta*zeta)**n)**(-1/(2*n)), 1)"),
            ("cut2", "switch_tersoff(r2, R2 - D2, R2 + D2)"),
            ("angle", "gamma*(1 + (c/d)**2 - c**2/(d**2 + (costheta - h)**2))"),
        ),
    )


def mixing() -> TersoffTerms:
    """Numbers of each species; of a species named lambda1, lambda11 is that of atom 1."""
    return TersoffTerms(
        (
            *_parameters("species", "species", "species"),
            ParameterSpec("chi", "pair", 1.0, "", "strength of the attraction of unlike atoms"),
            ParameterSpec("omega", "pair", 1.0, "", "weight of a bond in the order of others"),
        ),
        bond="cut*(repulsion - order*attraction)",
        environment="omega2*cut2*angle",
        cutoff="sqrt((R1 + D1)*(R2 + D2))",
        let=(
            ("cut", "switch_tersoff(r, sqrt((R1 - D1)*(R2 - D2)), sqrt((R1 + D1)*(R2 + D2)))"),
            ("repulsion", "sqrt(A1*A2)*exp(-(lambda11 + lambda12)/2*r)"),
            ("attraction", "chi*sqrt(B1*B2)*exp(-(lambda21 + lambda22)/2*r)"),
            ("order", "where(zeta > 0, (1 + (beta1*zeta)**n1)**(-1/(2*n1)), 1)"),
            ("cut2", "switch_tersoff(r2, sqrt((R0 - D0)*(R2 - D2)), sqrt((R0 + D0)*(R2 + D2)))"),
            ("angle", "1 + (c0/d0)**2 - c0**2/(d0**2 + (costheta - h0)**2)"),
        ),
    )


def _parameters(bond: Kind, order: Kind, angle: Kind) -> tuple[ParameterSpec, ...]:
    """What both ways have, for the kinds of key of a bond, of its order and of an angle."""
    return (
        ParameterSpec("A", bond, None, "eV", "strength of the repulsion", minimum=0.0),
        ParameterSpec("B", bond, None, "eV", "strength of the attraction", minimum=0.0),
        ParameterSpec("lambda1", bond, None, "1/angstrom", "decay of the repulsion", minimum=0.0),
        ParameterSpec("lambda2", bond, None, "1/angstrom", "decay of the attraction", minimum=0.0),
        ParameterSpec("R", bond, None, "angstrom", "middle of the cutoff's range", minimum=0.0),
        ParameterSpec("D", bond, None, "angstrom", "half width of the cutoff's range", minimum=0.0),
        ParameterSpec("beta", order, None, "", "strength of the other bonds", minimum=0.0),
        ParameterSpec("n", order, None, "", "power of the other bonds", minimum=0.0),
        ParameterSpec("c", angle, None, "", "strength of the angles"),
        ParameterSpec("d", angle, None, "", "width of the preference of angles"),
        ParameterSpec("h", angle, None, "", "cosine of the preferred angle (costheta0 of LAMMPS)"),
    )
