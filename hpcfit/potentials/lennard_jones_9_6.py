"""Lennard-Jones with the softer repulsion r^-9, in terms of sigma."""

from __future__ import annotations

from hpcfit.formula.potential import FormulaPotential, ParameterSpec
from hpcfit.potentials.cut_pair import cut_pair
from hpcfit.potentials.truncation import Truncation

_NOBLE_GASES = {  # those of class2: 27/16 of its epsilon, (2/3)^(1/3) of its sigma
    "He": {"epsilon": 0.000365885, "sigma": 2.53338},
    "Ne": {"epsilon": 0.00402473, "sigma": 2.79546},
    "Ar": {"epsilon": 0.0146354, "sigma": 3.38949},
    "Kr": {"epsilon": 0.0204895, "sigma": 3.75640},
    "Xe": {"epsilon": 0.0285390, "sigma": 3.72145},
}


def lennard_jones_9_6(*, truncation: Truncation = "shift") -> FormulaPotential:
    """4 epsilon ((sigma/r)^9 - (sigma/r)^6) up to rc; its depth is 16/27 epsilon."""
    return cut_pair(
        "lennard-jones-9-6",
        "4*epsilon*((sigma/r)**9 - (sigma/r)**6)",
        "12*epsilon*(2*(sigma/r)**6 - 3*(sigma/r)**9)/r",
        truncation,
        parameters=[
            ParameterSpec(
                "epsilon", "pair", None, "eV", "27/16 of the depth of the well", minimum=0.0, mixing="energy"
            ),
            ParameterSpec(
                "sigma", "pair", None, "angstrom", "distance of zero energy", minimum=0.0, mixing="length"
            ),
        ],
        summary="Lennard-Jones with a softer core (LAMMPS: lj96/cut)",
        source=(
            "noble gases: J. Yang, Y. Ren, A. Tian and H. Sun, J. Phys. Chem. B 104, 4951 (2000) (COMPASS)"
        ),
        materials=_NOBLE_GASES,
    )
