"""Lennard-Jones around a hard core, which is Kihara's potential of spherical molecules."""

from __future__ import annotations

from hpcfit.formula.potential import FormulaPotential, ParameterSpec
from hpcfit.potentials.cut_pair import cut_pair
from hpcfit.potentials.truncation import Truncation

_NOBLE_GASES = {  # from second virial coefficients: 146.52, 213.73, 298.15 K; delta = 0.121/1.121 3.317, ...
    "Ar": {"epsilon": 0.0126261, "sigma": 2.95897, "delta": 0.35803},
    "Kr": {"epsilon": 0.0184178, "sigma": 3.08829, "delta": 0.44471},
    "Xe": {"epsilon": 0.0256926, "sigma": 3.30776, "delta": 0.57224},
}


def lennard_jones_expanded(*, truncation: Truncation = "shift") -> FormulaPotential:
    """Lennard-Jones of r - delta, up to rc + delta."""
    return cut_pair(
        "lennard-jones-expanded",
        "4*epsilon*((sigma/(r - delta))**12 - (sigma/(r - delta))**6)",
        "24*epsilon*((sigma/(r - delta))**6 - 2*(sigma/(r - delta))**12)/(r - delta)",
        truncation,
        parameters=[
            ParameterSpec("epsilon", "pair", None, "eV", "depth of the well", minimum=0.0, mixing="energy"),
            ParameterSpec(
                "sigma",
                "pair",
                None,
                "angstrom",
                "zero of the energy from the core",
                minimum=0.0,
                mixing="length",
            ),
            ParameterSpec("delta", "pair", None, "angstrom", "diameter of the core", mixing="arithmetic"),
        ],
        rc=ParameterSpec("rc", "pair", 10.0, "angstrom", "cutoff from the core (a choice)", minimum=0.0),
        cutoff="rc + delta",
        summary="Lennard-Jones around a core (Kihara) (LAMMPS: lj/expand)",
        source=(
            "T. Kihara, Rev. Mod. Phys. 25, 831 (1953); noble gases: A. E. Sherwood and J. M. Prausnitz, "
            "J. Chem. Phys. 41, 429 (1964)"
        ),
        materials=_NOBLE_GASES,
    )
