"""Buckingham's exponential repulsion with dispersion, the exp-6 potential."""

from __future__ import annotations

from hpcfit.formula.potential import FormulaPotential, ParameterSpec
from hpcfit.potentials.cut_pair import cut_pair
from hpcfit.potentials.truncation import Truncation

_VALUES = {
    # 1.69e-8 erg exp(-r/0.273) - 102e-12 erg/r^6, equation 27
    "Ar": {"A": 10548.15, "rho": 0.273, "C": 63.66339},
    # rho = 1/b; silicon atoms do not interact but by their charges
    "O": {"A": 1388.7730, "rho": 1 / 2.76000, "C": 175.0},
    "Si-O": {"A": 18003.7572, "rho": 1 / 4.87318, "C": 133.5381},
    "Si": {"A": 0.0, "rho": 1.0, "C": 0.0},
}


def buckingham(*, truncation: Truncation = "shift") -> FormulaPotential:
    """A exp(-r/rho) - C/r^6 up to rc; charges are a potential of their own, to be added."""
    return cut_pair(
        "buckingham",
        "A*exp(-r/rho) - C/r**6",
        "6*C/r**7 - A/rho*exp(-r/rho)",
        truncation,
        parameters=[
            ParameterSpec(
                "A", "pair", None, "eV", "strength of the repulsion", minimum=0.0, mixing="geometric"
            ),
            ParameterSpec(
                "rho", "pair", None, "angstrom", "range of the repulsion", minimum=0.0, mixing="harmonic"
            ),
            ParameterSpec(
                "C", "pair", None, "eV angstrom^6", "strength of the dispersion", mixing="geometric"
            ),
        ],
        summary="exponential repulsion and dispersion, without charges (LAMMPS: buck)",
        source=(
            "Ar: R. A. Buckingham, Proc. R. Soc. A 168, 264 (1938); Si and O of silica (BKS): "
            "B. W. H. van Beest, G. J. Kramer and R. A. van Santen, Phys. Rev. Lett. 64, 1955 (1990)"
        ),
        materials=_VALUES,
    )
