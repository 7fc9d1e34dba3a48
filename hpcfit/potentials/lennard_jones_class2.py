"""The 9-6 potential of class 2 force fields (CFF, PCFF, COMPASS), in terms of its minimum."""

from __future__ import annotations

from hpcfit.formula.potential import FormulaPotential, ParameterSpec
from hpcfit.potentials.cut_pair import cut_pair
from hpcfit.potentials.truncation import Truncation

_NOBLE_GASES = {  # epsilon from 0.005, 0.055, 0.2, 0.28 and 0.39 kcal/mol
    "He": {"epsilon": 0.000216821, "sigma": 2.90},
    "Ne": {"epsilon": 0.00238503, "sigma": 3.20},
    "Ar": {"epsilon": 0.00867282, "sigma": 3.88},
    "Kr": {"epsilon": 0.0121419, "sigma": 4.30},
    "Xe": {"epsilon": 0.0169120, "sigma": 4.26},
}


def lennard_jones_class2(*, truncation: Truncation = "shift") -> FormulaPotential:
    """epsilon (2 (sigma/r)^9 - 3 (sigma/r)^6) up to rc."""
    return cut_pair(
        "lennard-jones-class2",
        "epsilon*(2*(sigma/r)**9 - 3*(sigma/r)**6)",
        "18*epsilon*((sigma/r)**6 - (sigma/r)**9)/r",
        truncation,
        parameters=[
            ParameterSpec("epsilon", "pair", None, "eV", "depth of the well", minimum=0.0, mixing="energy"),
            ParameterSpec(
                "sigma", "pair", None, "angstrom", "distance of least energy", minimum=0.0, mixing="length"
            ),
        ],
        summary="the 9-6 potential of class 2 force fields (LAMMPS: lj/class2)",
        source=(
            "H. Sun, J. Phys. Chem. B 102, 7338 (1998); noble gases: J. Yang, Y. Ren, A. Tian and H. Sun, "
            "J. Phys. Chem. B 104, 4951 (2000)"
        ),
        materials=_NOBLE_GASES,
    )
