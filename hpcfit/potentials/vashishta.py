"""Vashishta's potential of ceramics, semiconductors and oxides: screened charges, dipoles, angles.

The same function as LAMMPS' pair_style vashishta, whose files the numbers come from: the two-body
energy (Vashishta et al. 2007, equations 2 and 3) is shifted so that it and its slope end at rc. The
paper of 2007 writes D/2 for D, and one of 1990 B exp(gamma/(r - r0) + ...) without saturation, C = 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from hpcfit.formula.potential import FormulaPotential, ParameterSpec, Term
from hpcfit.potentials.charges import COULOMB

Material = Literal["SiC", "SiO2-1990", "SiO2-1994", "SiO2-1997", "InP"]

_ENERGY = "H/r**eta + ke*q1*q2*exp(-r/lambda1)/r - D*exp(-r/lambda4)/r**4 - W/r**6"
_ENERGY_AT_RC = "H/rc**eta + ke*q1*q2*exp(-rc/lambda1)/rc - D*exp(-rc/lambda4)/rc**4 - W/rc**6"
_SLOPE_AT_RC = (
    "D*exp(-rc/lambda4)/rc**4*(4/rc + 1/lambda4) - ke*q1*q2*exp(-rc/lambda1)/rc*(1/rc + 1/lambda1)"
    " + 6*W/rc**7 - eta*H/rc**(eta + 1)"
)
_TRIPLET = (
    "B*(costheta - costheta0)**2/(1 + C*(costheta - costheta0)**2)*exp(gamma1/(r1 - r01) + gamma2/(r2 - r02))"
)
_PARAMETERS = (
    ParameterSpec("H", "pair", None, "eV angstrom^eta", "strength of the steric repulsion"),
    ParameterSpec("eta", "pair", None, "", "exponent of the steric repulsion", minimum=0.0),
    ParameterSpec("q", "species", None, "e", "charge (Zi and Zj of LAMMPS)"),
    COULOMB,
    ParameterSpec("lambda1", "pair", None, "angstrom", "screening length of the charges", minimum=0.0),
    ParameterSpec("D", "pair", 0.0, "eV angstrom^4", "strength of charge and dipole"),
    ParameterSpec("lambda4", "pair", None, "angstrom", "screening length of charge and dipole", minimum=0.0),
    ParameterSpec("W", "pair", 0.0, "eV angstrom^6", "strength of the van der Waals attraction"),
    ParameterSpec("rc", "pair", None, "angstrom", "cutoff of the two-body energy", minimum=0.0),
    ParameterSpec("B", "triplet", 0.0, "eV", "strength of the three-body energy"),
    ParameterSpec("C", "triplet", 0.0, "", "saturation of the three-body energy"),
    ParameterSpec("costheta0", "triplet", 0.0, "", "cosine of the preferred angle"),
    ParameterSpec("gamma", "pair", 0.0, "angstrom", "range of the three-body energy"),
    ParameterSpec("r0", "pair", 0.0, "angstrom", "cutoff of the three-body energy; 0 for none", minimum=0.0),
)
_TETRAHEDRAL = -1.0 / 3.0
_SOURCES: Mapping[Material, str] = {
    "SiC": "P. Vashishta, R. K. Kalia, A. Nakano and J. P. Rino, J. Appl. Phys. 101, 103515 (2007)",
    "SiO2-1990": "P. Vashishta, R. K. Kalia, J. P. Rino and I. Ebbsjo, Phys. Rev. B 41, 12197 (1990)",
    "SiO2-1994": "A. Nakano, R. K. Kalia and P. Vashishta, J. Non-Cryst. Solids 171, 157 (1994)",
    "SiO2-1997": "J. Q. Broughton, C. A. Meli, P. Vashishta and R. K. Kalia, Phys. Rev. B 56, 611 (1997)",
    "InP": (
        "P. S. Branicio, J. P. Rino, C. K. Gan and H. Tsuzuki, J. Phys.: Condens. Matter 21, 095002 (2009)"
    ),
}


def vashishta(*, material: Material = "SiC") -> FormulaPotential:
    """Screened charges, steric repulsion, charge and dipole, van der Waals, and covalent angles.

    Args:
        material: whose values are the defaults
    """
    return FormulaPotential(
        name="vashishta",
        parameters=_PARAMETERS,
        pair=Term("energy - energy_at_rc - (r - rc)*slope_at_rc", cutoff="rc"),
        triplet=Term(_TRIPLET, cutoff="r0"),
        let=(("energy", _ENERGY), ("energy_at_rc", _ENERGY_AT_RC), ("slope_at_rc", _SLOPE_AT_RC)),
        summary=(
            "ceramics, oxides and III-V semiconductors: screened charges and dipoles, and a penalty on the "
            "angles of bonds (LAMMPS: vashishta)"
        ),
        source=_SOURCES[material],
        materials=_MATERIALS[material],
    )


def _pair(
    H: float, eta: float, lambda1: float, D: float, lambda4: float, W: float, rc: float, r0: float = 0.0
) -> dict[str, float]:
    """The numbers of a pair; r0 where its bonds have a three-body energy."""
    numbers = {"H": H, "eta": eta, "lambda1": lambda1, "D": D, "lambda4": lambda4, "W": W, "rc": rc}
    return numbers | ({"gamma": 1.0, "r0": r0} if r0 else {})


def _angle(B: float, C: float, costheta0: float) -> dict[str, float]:
    return {"B": B, "C": C, "costheta0": costheta0}


_MATERIALS: Mapping[Material, Mapping[str, Mapping[str, float]]] = {
    "SiC": {
        "Si": {"q": 1.201, **_pair(23.67291, 7, 5.0, 15.575, 3.0, 0.0, 7.35)},
        "C": {"q": -1.201, **_pair(471.74538, 7, 5.0, 0.0, 3.0, 0.0, 7.35)},
        "Si-C": _pair(447.09026, 9, 5.0, 7.7874, 3.0, 61.4694, 7.35, 2.90),
        "Si-C-C": _angle(9.003, 5.0, _TETRAHEDRAL),
        "C-Si-Si": _angle(9.003, 5.0, _TETRAHEDRAL),
    },
    "SiO2-1990": {
        "Si": {"q": 1.6, **_pair(0.82023, 11, 999.0, 0.0, 4.43, 0.0, 10.0)},
        "O": {"q": -0.8, **_pair(743.848, 7, 999.0, 22.1179, 4.43, 0.0, 10.0)},
        "Si-O": _pair(163.859, 9, 999.0, 44.2357, 4.43, 0.0, 10.0, 2.60),
        "Si-O-O": _angle(5.0365, 0.0, _TETRAHEDRAL),
        "O-Si-Si": _angle(20.146, 0.0, -0.77714596),
    },
    "SiO2-1994": {
        "Si": {"q": 1.76, **_pair(0.80603, 11, 4.43, 0.0, 2.5, 0.0, 5.5)},
        "O": {"q": -0.88, **_pair(730.17, 7, 4.43, 26.7447, 2.5, 0.0, 5.5)},
        "Si-O": _pair(160.849, 9, 4.43, 53.4894, 2.5, 0.0, 5.5, 2.60),
        "Si-O-O": _angle(4.993, 0.0, _TETRAHEDRAL),
        "O-Si-Si": _angle(19.972, 0.0, -0.77714596),
    },
    "SiO2-1997": {
        "Si": {"q": 0.7872, **_pair(0.15500, 11, 4.43, 0.0, 2.5, 0.0, 5.5)},
        "O": {"q": -0.3936, **_pair(140.38, 7, 4.43, 5.3504, 2.5, 0.0, 5.5)},
        "Si-O": _pair(30.923, 9, 4.43, 10.701, 2.5, 0.0, 5.5, 2.60),
        "Si-O-O": _angle(4.993, 0.0, _TETRAHEDRAL),
        "O-Si-Si": _angle(19.972, 0.0, -0.80593),
    },
    "InP": {
        "In": {"q": 1.21, **_pair(273.584, 7, 4.5, 0.0, 2.75, 0.0, 6.0)},
        "P": {"q": -1.21, **_pair(1813.06, 7, 4.5, 52.7067, 2.75, 0.0, 6.0)},
        "In-P": _pair(4847.09, 9, 4.5, 26.3533, 2.75, 270.105, 6.0, 3.55),
        "In-P-P": _angle(4.34967, 7.0, _TETRAHEDRAL),
        "P-In-In": _angle(4.34967, 7.0, _TETRAHEDRAL),
    },
}
