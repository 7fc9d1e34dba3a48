"""Charges by Wolf's sum: damped, and shifted so that each sphere of atoms is neutral."""

from __future__ import annotations

from hpcfit.formula.potential import FormulaPotential, ParameterSpec, Term
from hpcfit.potentials.charges import CHARGE, CHARGE_SOURCE, CHARGES, COULOMB, neutral_charges

DAMPING = ParameterSpec("alpha", "shared", 0.2, "1/angstrom", "damping", minimum=0.0)
CUTOFF = ParameterSpec("rc", "shared", 12.0, "angstrom", "cutoff", minimum=0.0)


def coulomb_wolf(*, neutral: dict[str, float] | None = None) -> FormulaPotential:
    """Wolf's pairwise sum with its self term; forces are the derivatives of this energy.

    Args:
        neutral: a composition without charge, as { Na = 1, Cl = 1 }; the last q follows from the others
    """
    return FormulaPotential(
        name="coulomb-wolf",
        parameters=(CHARGE, DAMPING, CUTOFF, COULOMB),
        pair=Term("ke*q1*q2*(erfc(alpha*r)/r - shift)", "rc"),
        site="-ke*q**2*(shift/2 + alpha/sqrt(pi))",
        let=(("shift", "erfc(alpha*rc)/rc"),),
        summary="charges by a damped sum, the energy is zero at rc, the force jumps (LAMMPS: coul/wolf)",
        source=(
            "D. Wolf, P. Keblinski, S. R. Phillpot and J. Eggebrecht, J. Chem. Phys. 110, 8254 (1999); "
            f"{CHARGE_SOURCE}"
        ),
        materials=CHARGES,
        ties=neutral_charges(neutral),
    )
