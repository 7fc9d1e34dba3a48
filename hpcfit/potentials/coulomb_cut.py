"""Point charges without screening, ended at a cutoff."""

from __future__ import annotations

from hpcfit.formula.potential import FormulaPotential
from hpcfit.potentials.charges import CHARGE, CHARGE_SOURCE, CHARGES, COULOMB, neutral_charges
from hpcfit.potentials.cut_pair import cut_pair
from hpcfit.potentials.truncation import Truncation


def coulomb_cut(
    *, truncation: Truncation = "shift", neutral: dict[str, float] | None = None
) -> FormulaPotential:
    """ke q1 q2/r up to rc.

    Args:
        neutral: a composition without charge, as { Na = 1, Cl = 1 }; the last q follows from the others
    """
    return cut_pair(
        "coulomb-cut",
        "ke*q1*q2/r",
        "-ke*q1*q2/r**2",
        truncation,
        parameters=[CHARGE, COULOMB],
        summary="point charges (LAMMPS: coul/cut)",
        source=CHARGE_SOURCE,
        materials=CHARGES,
        ties=neutral_charges(neutral),
    )
