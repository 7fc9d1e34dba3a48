"""Morse's potential as a pair potential of solids."""

from __future__ import annotations

from hpcfit.formula.potential import FormulaPotential, ParameterSpec
from hpcfit.potentials.cut_pair import cut_pair
from hpcfit.potentials.truncation import Truncation

_CUBIC_METALS = {
    "Al": {"D": 0.2703, "alpha": 1.1646, "r0": 3.253},
    "Ni": {"D": 0.4205, "alpha": 1.4199, "r0": 2.780},
    "Cu": {"D": 0.3429, "alpha": 1.3588, "r0": 2.866},
    "Ag": {"D": 0.3323, "alpha": 1.3690, "r0": 3.115},
}


def morse(*, truncation: Truncation = "shift") -> FormulaPotential:
    """D (exp(-2 alpha (r - r0)) - 2 exp(-alpha (r - r0))) up to rc."""
    return cut_pair(
        "morse",
        "D*(exp(-2*alpha*(r - r0)) - 2*exp(-alpha*(r - r0)))",
        "2*alpha*D*(exp(-alpha*(r - r0)) - exp(-2*alpha*(r - r0)))",
        truncation,
        parameters=[
            ParameterSpec("D", "pair", None, "eV", "depth of the well", minimum=0.0, mixing="energy"),
            ParameterSpec("alpha", "pair", None, "1/angstrom", "steepness", minimum=0.0, mixing="arithmetic"),
            ParameterSpec(
                "r0", "pair", None, "angstrom", "distance of least energy", minimum=0.0, mixing="length"
            ),
        ],
        summary="anharmonic bond (LAMMPS: morse)",
        source=(
            "P. M. Morse, Phys. Rev. 34, 57 (1929); cubic metals: "
            "L. A. Girifalco and V. G. Weizer, Phys. Rev. 114, 687 (1959)"
        ),
        materials=_CUBIC_METALS,
    )
