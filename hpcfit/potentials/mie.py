"""Mie's potential: Lennard-Jones with exponents of choice, in terms of depth and diameter."""

from __future__ import annotations

from hpcfit.formula.potential import FormulaPotential, ParameterSpec
from hpcfit.potentials.cut_pair import cut_pair
from hpcfit.potentials.truncation import Truncation


def mie(*, truncation: Truncation = "shift") -> FormulaPotential:
    """K epsilon ((sigma/r)^n - (sigma/r)^m) up to rc, with K such that epsilon is the depth."""
    return cut_pair(
        "mie",
        "K*epsilon*((sigma/r)**n - (sigma/r)**m)",
        "K*epsilon*(m*(sigma/r)**m - n*(sigma/r)**n)/r",
        truncation,
        parameters=[
            ParameterSpec("epsilon", "pair", None, "eV", "depth of the well", minimum=0.0, mixing="energy"),
            ParameterSpec(
                "sigma", "pair", None, "angstrom", "distance of zero energy", minimum=0.0, mixing="length"
            ),
            ParameterSpec(
                "n", "pair", 12.0, "", "exponent of the repulsion", minimum=0.0, mixing="arithmetic"
            ),
            ParameterSpec(
                "m", "pair", 6.0, "", "exponent of the attraction", minimum=0.0, mixing="arithmetic"
            ),
        ],
        let=[("K", "n/(n - m)*(n/m)**(m/(n - m))")],
        summary="Lennard-Jones with other exponents (LAMMPS: mie/cut)",
        source=(
            "G. Mie, Ann. Phys. (Leipzig) 316, 657 (1903); Ne: A. Aasen, M. Hammer, Å. Ervik, "
            "E. A. Müller and O. Wilhelmsen, J. Chem. Phys. 151, 064508 (2019)"
        ),
        materials={"Ne": {"epsilon": 0.00257443, "sigma": 2.8019, "n": 9.6977, "m": 6.0}},  # 29.875 K
    )
