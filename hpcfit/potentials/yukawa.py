"""Yukawa's potential: a screened repulsion or attraction of given strength."""

from __future__ import annotations

from hpcfit.formula.potential import FormulaPotential, ParameterSpec
from hpcfit.potentials.cut_pair import cut_pair
from hpcfit.potentials.truncation import Truncation

_CARBIDE = {  # charges of +1.201 and -1.201 e, screened over 5 angstrom; e^2/(4 pi eps0) = 14.3996
    "Si": {"A": 20.77006, "kappa": 0.2},
    "C": {"A": 20.77006, "kappa": 0.2},
    "Si-C": {"A": -20.77006, "kappa": 0.2},
}


def yukawa(*, truncation: Truncation = "shift") -> FormulaPotential:
    """A exp(-kappa r)/r up to rc."""
    return cut_pair(
        "yukawa",
        "A*exp(-kappa*r)/r",
        "-A*exp(-kappa*r)*(kappa + 1/r)/r",
        truncation,
        parameters=[
            ParameterSpec("A", "pair", None, "eV angstrom", "strength; positive repels"),
            ParameterSpec("kappa", "pair", None, "1/angstrom", "inverse screening length", minimum=0.0),
        ],
        summary="screened charges: plasmas, colloids, parts of other potentials (LAMMPS: yukawa)",
        source=(
            "H. Yukawa, Proc. Phys.-Math. Soc. Jpn. 17, 48 (1935); SiC (the charges' part): P. Vashishta, "
            "R. K. Kalia, A. Nakano and J. P. Rino, J. Appl. Phys. 101, 103515 (2007)"
        ),
        materials=_CARBIDE,
    )
