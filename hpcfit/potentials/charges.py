"""What potentials of point charges have in common: the charge of each species, and the unit of energy."""

from __future__ import annotations

from collections.abc import Mapping

from hpcfit.errors import KernelError
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


def neutral_charges(neutral: Mapping[str, float] | None) -> tuple[tuple[str, str, str], ...]:
    """The tie that makes a composition neutral, for `FormulaPotential.ties`.

    Args:
        neutral: number of atoms of each species; the charge of the last follows from the others.

    Raises:
        KernelError: fewer than two species, or a number that is not above 0.
    """
    if neutral is None:
        return ()
    if len(neutral) < 2 or not all(number > 0 for number in neutral.values()):
        raise KernelError(
            "neutral needs two species or more and how many atoms there are of each, such as "
            "neutral = { Na = 1, Cl = 1 }"
        )
    *others, last = neutral
    terms = []
    for species in others:
        factor = "" if neutral[species] == 1 else f"{neutral[species]:.12g}*"
        terms.append(f"{factor}{species}.q")
    total = terms[0] if len(terms) == 1 else f"({' + '.join(terms)})"
    return ((last, "q", f"-{total}" + ("" if neutral[last] == 1 else f"/{neutral[last]:.12g}")),)
