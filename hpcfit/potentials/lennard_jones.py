"""Lennard-Jones with the conventions of ASE's calculator, for any number of species."""

from __future__ import annotations

from hpcfit.formula.potential import FormulaPotential, ParameterSpec
from hpcfit.potentials.cut_pair import cut_pair
from hpcfit.potentials.truncation import Truncation

_NOBLE_GASES = {  # epsilon in eV from 1e-16 erg: 50, 167, 225, 320
    "Ne": {"epsilon": 0.00312, "sigma": 2.74},
    "Ar": {"epsilon": 0.01042, "sigma": 3.40},
    "Kr": {"epsilon": 0.01404, "sigma": 3.65},
    "Xe": {"epsilon": 0.01997, "sigma": 3.98},
}


def lennard_jones(*, truncation: Truncation = "shift") -> FormulaPotential:
    """4 epsilon ((sigma/r)^12 - (sigma/r)^6) up to rc, which is 3 sigma unless given."""
    return cut_pair(
        "lennard-jones",
        "4*epsilon*((sigma/r)**12 - (sigma/r)**6)",
        "24*epsilon*((sigma/r)**6 - 2*(sigma/r)**12)/r",
        truncation,
        parameters=[
            ParameterSpec("epsilon", "pair", None, "eV", "depth of the well", minimum=0.0, mixing="energy"),
            ParameterSpec(
                "sigma", "pair", None, "angstrom", "distance of zero energy", minimum=0.0, mixing="length"
            ),
        ],
        rc=ParameterSpec("rc", "pair", 0.0, "angstrom", "cutoff; 0 means 3 sigma", minimum=0.0),
        cutoff="where(rc > 0, rc, 3*sigma)",
        summary="van der Waals attraction and core repulsion (LAMMPS: lj/cut)",
        source=(
            "J. E. Lennard-Jones, Proc. R. Soc. A 106, 463 (1924); "
            "noble gases: N. Bernardes, Phys. Rev. 112, 1534 (1958)"
        ),
        materials=_NOBLE_GASES,
    )
