"""The n-m potential: Mie's in terms of the depth and the distance of least energy."""

from __future__ import annotations

from hpcfit.formula.potential import FormulaPotential, ParameterSpec
from hpcfit.potentials.cut_pair import cut_pair
from hpcfit.potentials.truncation import Truncation

_NOBLE_GASES = {  # of Lennard-Jones, r0 = 2^(1/6) sigma
    "Ne": {"E0": 0.00312, "r0": 3.07555},
    "Ar": {"E0": 0.01042, "r0": 3.81637},
    "Kr": {"E0": 0.01404, "r0": 4.09699},
    "Xe": {"E0": 0.01997, "r0": 4.46740},
}


def n_m(*, truncation: Truncation = "shift") -> FormulaPotential:
    """E0/(n - m) (m (r0/r)^n - n (r0/r)^m) up to rc."""
    return cut_pair(
        "n-m",
        "E0/(n - m)*(m*(r0/r)**n - n*(r0/r)**m)",
        "E0*n*m/(n - m)*((r0/r)**m - (r0/r)**n)/r",
        truncation,
        parameters=[
            ParameterSpec("E0", "pair", None, "eV", "depth of the well", minimum=0.0, mixing="energy"),
            ParameterSpec(
                "r0", "pair", None, "angstrom", "distance of least energy", minimum=0.0, mixing="length"
            ),
            ParameterSpec(
                "n", "pair", 12.0, "", "exponent of the repulsion", minimum=0.0, mixing="arithmetic"
            ),
            ParameterSpec(
                "m", "pair", 6.0, "", "exponent of the attraction", minimum=0.0, mixing="arithmetic"
            ),
        ],
        summary="Mie's potential by depth and distance of its minimum (LAMMPS: nm/cut)",
        source=(
            "J. H. R. Clarke, W. Smith and L. V. Woodcock, J. Chem. Phys. 84, 2290 (1986); "
            "noble gases (n = 12, m = 6): N. Bernardes, Phys. Rev. 112, 1534 (1958)"
        ),
        materials=_NOBLE_GASES,
    )
