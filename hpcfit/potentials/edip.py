"""The environment-dependent interatomic potential (EDIP) of silicon.

The same function as LAMMPS' pair_style edip and edip/multi, in the names of their files; the published one
sums the two-body energy over both directions of a bond, hence the 2. LAMMPS' entry (i, j, j) gives the
numbers of a pair, entry (i, j, k) those of a triplet.
"""

from __future__ import annotations

from hpcfit.formula.potential import Density, FormulaPotential, ParameterSpec, Term

_PARAMETERS = (
    ParameterSpec("A", "pair", None, "eV", "energy of a bond"),
    ParameterSpec("B", "pair", None, "angstrom", "length of the repulsion", minimum=0.0),
    ParameterSpec("rho", "pair", None, "", "exponent of the repulsion"),
    ParameterSpec("beta", "pair", None, "", "how coordination weakens the attraction"),
    ParameterSpec("sigma", "pair", None, "angstrom", "range of the two-body energy"),
    ParameterSpec("cutoffA", "pair", None, "angstrom", "cutoff (a of the paper)", minimum=0.0),
    ParameterSpec("cutoffC", "pair", None, "angstrom", "up to here a neighbour counts 1 (c)", minimum=0.0),
    ParameterSpec("alpha", "pair", None, "", "how a neighbour's count falls from there to the cutoff"),
    ParameterSpec("lambda", "triplet", None, "eV", "strength of the three-body energy"),
    ParameterSpec("gamma", "pair", None, "angstrom", "range of the three-body energy"),
    ParameterSpec("eta", "triplet", None, "", "share of the harmonic part"),
    ParameterSpec("Q0", "triplet", None, "", "stiffness of angles"),
    ParameterSpec("mu", "triplet", None, "", "how coordination softens angles"),
    ParameterSpec("u1", "triplet", None, "", "preferred angle, of high coordination"),
    ParameterSpec("u2", "triplet", None, "", "preferred angle, strength of coordination"),
    ParameterSpec("u3", "triplet", None, "", "preferred angle, share of the slower term"),
    ParameterSpec("u4", "triplet", None, "", "preferred angle, decay with coordination"),
)
_SILICON = {
    **{"A": 7.9821730, "B": 1.5075463, "rho": 1.2085196, "beta": 0.0070975, "sigma": 0.5774108},
    **{"cutoffA": 3.1213820, "cutoffC": 2.5609104, "alpha": 3.1083847},
    **{"lambda": 1.4533108, "gamma": 1.1247945, "eta": 0.2523244, "Q0": 312.1341346, "mu": 0.6966326},
    **{"u1": -0.165799, "u2": 32.557, "u3": 0.286198, "u4": 0.66},
}


def edip() -> FormulaPotential:
    """Two-body and three-body energies that depend on the coordination of the atom."""
    return FormulaPotential(
        name="edip",
        parameters=_PARAMETERS,
        densities=(
            Density(
                "coordination",
                Term("where(r <= cutoffC, 1, exp(alpha*x**3/(x**3 - 1)))", cutoff="cutoffA"),
            ),
        ),
        pair=Term("2*A*((B/r)**rho - exp(-beta*coordination**2))*exp(sigma/(r - cutoffA))", cutoff="cutoffA"),
        triplet=Term(
            "lambda*(1 - exp(-Q*(costheta + tau)**2) + eta*Q*(costheta + tau)**2)"
            "*exp(gamma1/(r1 - cutoffA1) + gamma2/(r2 - cutoffA2))",
            cutoff="cutoffA",
        ),
        let=(
            ("x", "(r - cutoffC)/(cutoffA - cutoffC)"),
            ("Q", "Q0*exp(-mu*coordination)"),
            ("tau", "u1 + u2*(u3*exp(-u4*coordination) - exp(-2*u4*coordination))"),
        ),
        rising=(("cutoffC", "cutoffA"),),
        summary=(
            "silicon: bonds and angles that depend on the coordination of the atom (LAMMPS: edip, edip/multi)"
        ),
        source=(
            "J. F. Justo, M. Z. Bazant, E. Kaxiras, V. V. Bulatov and S. Yip, Phys. Rev. B 58, 2539 (1998)"
        ),
        materials={"Si": _SILICON},
    )
