"""What potentials of point charges have in common: the charge of each species, and the unit of energy."""

from __future__ import annotations

from hpcfit.formula.potential import ParameterSpec
from hpcfit.units import COULOMB_CONSTANT

CHARGE = ParameterSpec("q", "species", None, "e", "charge")
#: a parameter, because other codes have other digits, and a medium divides it by its permittivity
COULOMB = ParameterSpec(
    "ke", "shared", COULOMB_CONSTANT, "eV angstrom", "Coulomb constant (14.399645 in LAMMPS)", minimum=0.0
)
CHARGES = {"Na": {"q": 1.0}, "Cl": {"q": -1.0}, "Si": {"q": 2.4}, "O": {"q": -1.2}}
CHARGE_SOURCE = (
    "Na and Cl: M. P. Tosi and F. G. Fumi, J. Phys. Chem. Solids 25, 45 (1964); Si and O of silica (BKS): "
    "B. W. H. van Beest, G. J. Kramer and R. A. van Santen, Phys. Rev. Lett. 64, 1955 (1990)"
)
