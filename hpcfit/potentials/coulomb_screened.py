"""Point charges screened exponentially, as by an electrolyte (Debye and Hückel)."""

from __future__ import annotations

from hpcfit.formula.potential import FormulaPotential, ParameterSpec
from hpcfit.potentials.charges import CHARGE, COULOMB, neutral_charges
from hpcfit.potentials.cut_pair import cut_pair
from hpcfit.potentials.truncation import Truncation


def coulomb_screened(
    *, truncation: Truncation = "shift", neutral: dict[str, float] | None = None
) -> FormulaPotential:
    """ke q1 q2 exp(-kappa r)/r up to rc.

    Args:
        neutral: a composition without charge, as { Na = 1, Cl = 1 }; the last q follows from the others
    """
    return cut_pair(
        "coulomb-screened",
        "ke*q1*q2*exp(-kappa*r)/r",
        "-ke*q1*q2*exp(-kappa*r)*(kappa + 1/r)/r",
        truncation,
        parameters=[
            CHARGE,
            ParameterSpec("kappa", "shared", 0.2, "1/angstrom", "inverse screening length", minimum=0.0),
            COULOMB,
        ],
        summary="screened charges (Debye and Hückel) (LAMMPS: coul/debye)",
        source=(
            "P. Debye and E. Hückel, Phys. Z. 24, 185 (1923); SiC: P. Vashishta, R. K. Kalia, "
            "A. Nakano and J. P. Rino, J. Appl. Phys. 101, 103515 (2007)"
        ),
        materials={"Si": {"q": 1.201}, "C": {"q": -1.201}},
        ties=neutral_charges(neutral),
    )
