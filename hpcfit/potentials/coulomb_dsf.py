"""Charges by a damped sum that is shifted in energy and force: no Ewald sum, no jump at the cutoff."""

from __future__ import annotations

from hpcfit.formula.potential import FormulaPotential, Term
from hpcfit.potentials.charges import CHARGE, CHARGE_SOURCE, CHARGES, COULOMB, neutral_charges
from hpcfit.potentials.coulomb_wolf import CUTOFF, DAMPING


def coulomb_dsf(*, neutral: dict[str, float] | None = None) -> FormulaPotential:
    """Fennell and Gezelter's damped shifted force, and the self term that goes with it.

    Args:
        neutral: a composition without charge, as { Na = 1, Cl = 1 }; the last q follows from the others
    """
    return FormulaPotential(
        name="coulomb-dsf",
        parameters=(CHARGE, DAMPING, CUTOFF, COULOMB),
        pair=Term("ke*q1*q2*(erfc(alpha*r)/r - shift + force*(r - rc))", "rc"),
        site="-ke*q**2*(shift/2 + force*rc/2 + alpha/sqrt(pi))",
        let=(
            ("shift", "erfc(alpha*rc)/rc"),
            ("force", "shift/rc + 2*alpha*exp(-(alpha*rc)**2)/(sqrt(pi)*rc)"),
        ),
        summary="charges by a damped sum, energy and force are zero at rc (LAMMPS: coul/dsf)",
        source=(f"C. J. Fennell and J. D. Gezelter, J. Chem. Phys. 124, 234104 (2006); {CHARGE_SOURCE}"),
        materials=CHARGES,
        ties=neutral_charges(neutral),
    )
