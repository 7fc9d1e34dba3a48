"""The rigid-ion repulsion and dispersion of Born, Mayer and Huggins, with Tosi and Fumi's parameters."""

from __future__ import annotations

from hpcfit.formula.potential import FormulaPotential, ParameterSpec
from hpcfit.potentials.cut_pair import cut_pair
from hpcfit.potentials.truncation import Truncation

_SALT = {  # b = 0.338e-12 erg times Pauling's factors; C in 1e-60 erg cm^6, D in 1e-76 erg cm^8
    "Na": {"A": 0.26370, "rho": 0.317, "sigma": 2.340, "C": 1.04857, "D": 0.49932},
    "Na-Cl": {"A": 0.21096, "rho": 0.317, "sigma": 2.755, "C": 6.99049, "D": 8.67570},
    "Cl": {"A": 0.15822, "rho": 0.317, "sigma": 3.170, "C": 72.40151, "D": 145.42716},
}


def born_mayer_huggins(*, truncation: Truncation = "shift") -> FormulaPotential:
    """A exp((sigma - r)/rho) - C/r^6 - D/r^8 up to rc; charges are a potential of their own, to be added."""
    return cut_pair(
        "born-mayer-huggins",
        "A*exp((sigma - r)/rho) - C/r**6 - D/r**8",
        "6*C/r**7 + 8*D/r**9 - A/rho*exp((sigma - r)/rho)",
        truncation,
        parameters=[
            ParameterSpec(
                "A", "pair", None, "eV", "repulsion at the distance sigma", minimum=0.0, mixing="arithmetic"
            ),
            ParameterSpec(
                "rho", "pair", None, "angstrom", "range of the repulsion", minimum=0.0, mixing="arithmetic"
            ),
            ParameterSpec(
                "sigma", "pair", None, "angstrom", "sum of the ions' radii", minimum=0.0, mixing="arithmetic"
            ),
            ParameterSpec("C", "pair", None, "eV angstrom^6", "dipole-dipole dispersion", mixing="geometric"),
            ParameterSpec(
                "D", "pair", None, "eV angstrom^8", "dipole-quadrupole dispersion", mixing="geometric"
            ),
        ],
        summary="repulsion and two dispersions of ions, without charges (LAMMPS: born, with -D)",
        source=(
            "M. L. Huggins and J. E. Mayer, J. Chem. Phys. 1, 643 (1933); NaCl: F. G. Fumi and M. P. Tosi, "
            "J. Phys. Chem. Solids 25, 31 (1964), M. P. Tosi and F. G. Fumi, ibid. 25, 45 (1964)"
        ),
        materials=_SALT,
    )
