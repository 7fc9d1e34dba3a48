"""Tersoff's potential as Kumagai and others modified it, for melting and elastic constants of silicon.

The same function as LAMMPS' pair_style tersoff/mod, and with c0 tersoff/mod/c. LAMMPS' beta, the power in
the bond environment, is the option m here; its fC is written with sin 3x = 3 sin x - 4 sin^3 x.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from hpcfit.formula.potential import FormulaPotential, ParameterSpec, Term

_PARAMETERS = (
    ParameterSpec("A", "pair", None, "eV", "strength of the repulsion", minimum=0.0),
    ParameterSpec("B", "pair", None, "eV", "strength of the attraction", minimum=0.0),
    ParameterSpec("lambda1", "pair", None, "1/angstrom", "decay of the repulsion", minimum=0.0),
    ParameterSpec("lambda2", "pair", None, "1/angstrom", "decay of the attraction", minimum=0.0),
    ParameterSpec("c0", "pair", 0.0, "eV", "constant energy of a bond (tersoff/mod/c)"),
    ParameterSpec("R", "pair", None, "angstrom", "middle of the cutoff's range", minimum=0.0),
    ParameterSpec("D", "pair", None, "angstrom", "half width of the cutoff's range", minimum=0.0),
    ParameterSpec("eta", "ordered-pair", None, "", "power of the other bonds", minimum=0.0),
    ParameterSpec("n", "ordered-pair", None, "", "power of the order; 1/(2 delta) of the paper", minimum=0.0),
    ParameterSpec("alpha", "ordered-triplet", None, "1/angstrom", "preference of shorter bonds"),
    ParameterSpec("h", "ordered-triplet", None, "", "cosine of the preferred angle"),
    ParameterSpec("c1", "ordered-triplet", None, "", "weight of the preferred angle"),
    ParameterSpec("c2", "ordered-triplet", None, "", "strength of the other angles"),
    ParameterSpec("c3", "ordered-triplet", None, "", "saturation of the other angles"),
    ParameterSpec("c4", "ordered-triplet", None, "", "strength of angles near the preferred one"),
    ParameterSpec("c5", "ordered-triplet", None, "", "narrowness of angles near the preferred one"),
)
_PUBLISHED: Mapping[str, tuple[str, Mapping[str, float]]] = {
    "kumagai": (
        "T. Kumagai, S. Izumi, S. Hara and S. Sakai, Comput. Mater. Sci. 39, 457 (2007)",
        {
            **{"A": 3281.5905, "B": 121.00047, "lambda1": 3.2300135, "lambda2": 1.345797, "R": 3.0, "D": 0.3},
            **{"eta": 1.0, "n": 0.93810551, "alpha": 2.3890327, "h": -0.365},
            **{"c1": 0.20173476, "c2": 730418.72, "c3": 1000000.0, "c4": 1.0, "c5": 26.0},
        },
    ),
    "purja-pun-mishin": (
        "G. P. Purja Pun and Y. Mishin, Phys. Rev. B 95, 224103 (2017), with m = 3",
        {
            **{"A": 3198.51383127, "B": 117.78072440, "lambda1": 3.18011795, "lambda2": 1.39343356},
            **{"c0": -0.00592042, "R": 2.87478837, "D": 0.33090566, "eta": 2.16152496, "n": 1.98633876},
            **{"alpha": 1.80536502, "h": -0.38136087, "c1": 0.20123243, "c2": 614230.04310619},
            **{"c3": 996439.09714140, "c4": 3.33560562, "c5": 25.20963770},
        },
    ),
}


def tersoff_mod(*, m: Literal[1, 3] = 1) -> FormulaPotential:
    """Tersoff's potential with a smoother cutoff and a richer function of the angles.

    Args:
        m: power of alpha*(r1 - r2) in the bond environment; it chooses the published values
    """
    source, silicon = _PUBLISHED["kumagai" if m == 1 else "purja-pun-mishin"]
    difference = "alpha*(r1 - r2)" if m == 1 else "(alpha*(r1 - r2))**3"
    return FormulaPotential(
        name="tersoff-mod",
        parameters=_PARAMETERS,
        pair=Term("cut*(A*exp(-lambda1*r) - order*B*exp(-lambda2*r) + c0)", "R + D"),
        bond_environment=Term(f"cut2*angle*exp({difference})", "R + D"),
        let=(
            ("s", "where(r < R - D, -1, sin(pi*(r - R)/(2*D)))"),
            ("cut", "(1 - s)**2*(2 + s)/4"),
            # 1 for bonds without others, where powers of zeta have no derivative
            ("order", "where(zeta > 0, (1 + zeta**eta)**(-1/(2*n)), 1)"),
            ("s2", "where(r2 < R2 - D2, -1, sin(pi*(r2 - R2)/(2*D2)))"),
            ("cut2", "(1 - s2)**2*(2 + s2)/4"),
            ("x", "(h - costheta)**2"),
            ("angle", "c1 + c2*x/(c3 + x)*(1 + c4*exp(-c5*x))"),
        ),
        summary=(
            "silicon: Tersoff's potential with melting point and elastic constants improved "
            "(LAMMPS: tersoff/mod, tersoff/mod/c)"
        ),
        source=source,
        materials={"Si": silicon},
    )
