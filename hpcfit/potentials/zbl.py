"""The universal screened repulsion of nuclei, switched off between two distances as LAMMPS does."""

from __future__ import annotations

from hpcfit.formula.potential import FormulaPotential, ParameterSpec, Term
from hpcfit.potentials.charges import COULOMB

#: phi(x) = sum c exp(-d x) with x = r/a
_SCREENING = ((0.18175, 3.19980), (0.50986, 0.94229), (0.28022, 0.40290), (0.02817, 0.20162))


def zbl() -> FormulaPotential:
    """ke Z1 Z2 phi(r/a)/r, and a polynomial that makes value, slope and curvature zero at `outer`.

    The polynomial is S + A/3 (r - inner)^3 + B/4 (r - inner)^4 and follows from value E0, slope E1 and
    curvature E2 of the repulsion at `outer`. Below `inner` it is S, and forces are those of the repulsion.
    """
    return FormulaPotential(
        name="zbl",
        parameters=(
            ParameterSpec("inner", "shared", 3.0, "angstrom", "onset of the switch", minimum=0.0),
            ParameterSpec("outer", "shared", 4.0, "angstrom", "cutoff, above inner", minimum=0.0),
            COULOMB,
        ),
        pair=Term(
            "ke*Z1*Z2/r*phi + S + where(r < inner, 0, A/3*(r - inner)**3 + B/4*(r - inner)**4)",
            "outer",
        ),
        let=(
            ("a", "0.46850/(Z1**0.23 + Z2**0.23)"),
            ("phi", _screening("r", "{c}")),
            ("phi0", _screening("outer", "{c}")),
            ("phi1", _screening("outer", "{c}*{d}/a")),
            ("phi2", _screening("outer", "{c}*({d}/a)**2")),
            ("E0", "ke*Z1*Z2/outer*phi0"),
            ("E1", "-ke*Z1*Z2/outer*(phi1 + phi0/outer)"),
            ("E2", "ke*Z1*Z2/outer*(phi2 + 2*phi1/outer + 2*phi0/outer**2)"),
            ("w", "outer - inner"),
            ("S", "w*E1/2 - w**2*E2/12 - E0"),
            ("A", "(w*E2 - 3*E1)/w**2"),
            ("B", "(2*E1 - w*E2)/w**3"),
        ),
        rising=(("inner", "outer"),),
        summary="screened repulsion of nuclei at short distances, for all elements (LAMMPS: zbl)",
        source=(
            "J. F. Ziegler, J. P. Biersack and U. Littmark, The Stopping and Range of Ions in Matter, "
            "volume 1 (Pergamon, 1985); inner and outer are a choice"
        ),
    )


def _screening(distance: str, factor: str) -> str:
    """phi or, with another `factor`, the size of a derivative of it by the distance."""
    return " + ".join(f"{factor.format(c=c, d=d)}*exp(-{d}*{distance}/a)" for c, d in _SCREENING)
