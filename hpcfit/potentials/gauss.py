"""A Gaussian well (or hill) around each atom."""

from __future__ import annotations

from hpcfit.formula.potential import FormulaPotential, ParameterSpec
from hpcfit.potentials.cut_pair import cut_pair
from hpcfit.potentials.truncation import Truncation


def gauss(*, truncation: Truncation = "shift") -> FormulaPotential:
    """-A exp(-B r^2) up to rc."""
    return cut_pair(
        "gauss",
        "-A*exp(-B*r**2)",
        "2*A*B*r*exp(-B*r**2)",
        truncation,
        parameters=[
            ParameterSpec("A", "pair", None, "eV", "depth at r = 0; negative repels"),
            ParameterSpec("B", "pair", None, "1/angstrom^2", "inverse square of the width", minimum=0.0),
        ],
        rc=ParameterSpec("rc", "pair", 20.0, "angstrom", "cutoff (a choice, not published)", minimum=0.0),
        summary="soft cores and shallow wells (LAMMPS: gauss)",
        source=(
            "F. H. Stillinger, J. Chem. Phys. 65, 3968 (1976); He: A. Kievsky, E. Garrido, "
            "C. Romero-Redondo and P. Barletta, Few-Body Syst. 51, 259 (2011)"
        ),
        # 1.227 K and a width of 10.03 bohr, which bind the dimer with 1.296 mK
        materials={"He": {"A": 1.05735e-4, "B": 0.0354973}},
    )
