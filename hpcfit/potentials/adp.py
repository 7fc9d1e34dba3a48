"""Mishin's angular-dependent potentials (ADP): the angular part beside any embedded atoms, or a whole one."""

from __future__ import annotations

from typing import Literal

from hpcfit.formula.potential import Density, FormulaPotential, Term
from hpcfit.potentials import adp_hydrogen
from hpcfit.potentials.adp_terms import ANGULAR_ENERGY, ANGULAR_PARAMETERS, angular_densities, fading

_NAMES = ("d1", "d2", "d3", "q1", "q2", "q3", "rc", "h")
# Ni and Al-Cu with the digits of the authors' tables, which these reproduce to 5e-9.
_PUBLISHED = {
    "H": (0.740338, 1.67135, 0.0010298, 1.57109, 1.8058, -0.00608109, 2.10399, 0.705516),
    "Ni": (
        *(0.00446570607, -1.37024417, -0.0961063997, 6.45015707, 0.02608392, -6.02084607),
        *(5.168302, 3.323034),
    ),
    # Embedded atoms among themselves.
    **dict.fromkeys(("Al", "Cu"), (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 5.831584, 1.0)),
    "Al-Cu": (-0.2950254, 1.047813, 0.001883709, 0.2995399, 0.6950738, -0.0248154, 5.831584, 1.0),
    "Al-H": (
        *(0.101564, 0.123325, -0.0109582, -0.0460988, 0.108789, 0.0454746),
        *(3.37008, 0.630476),
    ),
}
_VALUES = {key: dict(zip(_NAMES, numbers, strict=True)) for key, numbers in _PUBLISHED.items()}


def adp(*, part: Literal["angular", "whole"] = "angular") -> FormulaPotential:
    """Dipoles and quadrupoles of the bonds of an atom.

    Args:
        part: angular is what an ADP adds to an EAM, which is given beside it; whole has an EAM of its own
    """
    return _angular() if part == "angular" else _whole()


def _angular() -> FormulaPotential:
    return FormulaPotential(
        name="adp",
        parameters=ANGULAR_PARAMETERS,
        densities=angular_densities("psi"),
        embedding=ANGULAR_ENERGY,
        let=fading("psi"),
        summary="metals and alloys with directed bonds: what an ADP adds to an EAM (LAMMPS: adp)",
        source=(
            "Ni: Y. Mishin, M. J. Mehl and D. A. Papaconstantopoulos, Acta Mater. 53, 4029 (2005); Al-Cu: F. "
            "Apostol and Y. Mishin, Phys. Rev. B 83, 054116 (2011); H and Al-H: F. Apostol and Y. Mishin, "
            "Phys. Rev. B 82, 144115 (2010)"
        ),
        materials=_VALUES,
    )


def _whole() -> FormulaPotential:
    own = adp_hydrogen
    return FormulaPotential(
        name="adp",
        parameters=(*own.PARAMETERS, *ANGULAR_PARAMETERS),
        densities=(Density("rho", Term(own.DENSITY, own.DENSITY_CUTOFF)), *angular_densities("psi")),
        embedding=f"{own.EMBEDDING} + {ANGULAR_ENERGY}",
        pair=Term(own.PAIR, "rc"),
        let=(*fading("psi"), *own.LET),
        summary="hydrogen, and others by its functions: embedded atoms with directed bonds (LAMMPS: adp)",
        source=(
            "F. Apostol and Y. Mishin, Phys. Rev. B 82, 144115 (2010), table I, with R0 and s4 that lead to "
            "its molecules and crystals"
        ),
        materials={"H": {**own.VALUES, **_VALUES["H"]}},
    )
