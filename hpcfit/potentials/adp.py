"""Mishin's angular-dependent potentials (ADP): what they add to any embedded atoms."""

from __future__ import annotations

from hpcfit.formula.potential import FormulaPotential
from hpcfit.potentials.adp_terms import ANGULAR_DENSITIES, ANGULAR_ENERGY, ANGULAR_PARAMETERS, FADING

_NAMES = ("d1", "d2", "d3", "q1", "q2", "q3", "rc", "h")
# With the digits of the authors' tables, which these reproduce to 5e-9.
_PUBLISHED = {
    "Ni": (
        *(0.00446570607, -1.37024417, -0.0961063997, 6.45015707, 0.02608392, -6.02084607),
        *(5.168302, 3.323034),
    ),
    # Embedded atoms among themselves.
    **dict.fromkeys(("Al", "Cu"), (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 5.831584, 1.0)),
    "Al-Cu": (-0.2950254, 1.047813, 0.001883709, 0.2995399, 0.6950738, -0.0248154, 5.831584, 1.0),
}


def adp() -> FormulaPotential:
    """Dipoles and quadrupoles of the bonds of an atom, for the embedded atoms given beside them."""
    return FormulaPotential(
        name="adp",
        parameters=ANGULAR_PARAMETERS,
        densities=ANGULAR_DENSITIES,
        embedding=ANGULAR_ENERGY,
        let=FADING,
        summary="metals and alloys with directed bonds: what an ADP adds to an EAM (LAMMPS: adp)",
        source=(
            "Ni: Y. Mishin, M. J. Mehl and D. A. Papaconstantopoulos, Acta Mater. 53, 4029 (2005); Al-Cu: F. "
            "Apostol and Y. Mishin, Phys. Rev. B 83, 054116 (2011)"
        ),
        materials={key: dict(zip(_NAMES, numbers, strict=True)) for key, numbers in _PUBLISHED.items()},
    )
