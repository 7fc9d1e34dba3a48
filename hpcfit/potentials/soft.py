"""A cosine that pushes overlapping atoms apart and has no singularity."""

from __future__ import annotations

from hpcfit.formula.potential import FormulaPotential, ParameterSpec, Term

_NOBLE_GASES = {  # A = 4 epsilon, rc = 2^(1/6) sigma
    "Ne": {"A": 0.01248, "rc": 3.07555},
    "Ar": {"A": 0.04168, "rc": 3.81637},
    "Kr": {"A": 0.05616, "rc": 4.09699},
    "Xe": {"A": 0.07988, "rc": 4.46740},
}


def soft() -> FormulaPotential:
    """A (1 + cos(pi r/rc)) up to rc, where energy and force are zero."""
    return FormulaPotential(
        name="soft",
        parameters=(
            ParameterSpec("A", "pair", None, "eV", "half the energy at r = 0", mixing="energy"),
            ParameterSpec("rc", "pair", None, "angstrom", "cutoff", minimum=0.0, mixing="length"),
        ),
        pair=Term("A*(1 + cos(pi*r/rc))", "rc"),
        summary="pushes overlapping atoms apart; energy and force are zero at rc (LAMMPS: soft)",
        source=(
            "S. Plimpton, J. Comput. Phys. 117, 1 (1995) (LAMMPS); noble gases: 4 epsilon and "
            "2^(1/6) sigma of N. Bernardes, Phys. Rev. 112, 1534 (1958)"
        ),
        materials=_NOBLE_GASES,
    )
