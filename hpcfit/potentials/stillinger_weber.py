"""Stillinger and Weber's potential in reduced units, equations 2.3 to 2.5 of their paper.

Per pair: epsilon, sigma, a, gamma, A, B, p, q; per triplet, centre first: lambda, costheta0.
The three-body energy scale of a triplet is the geometric mean of its two bonds' epsilon, the
usual mixing rule. A LAMMPS file with another epsilon_ijk is the same potential with
lambda = lambda_ijk epsilon_ijk / sqrt(epsilon_ij epsilon_ik).
"""

from __future__ import annotations

from hpcfit.formula.potential import FormulaPotential, ParameterSpec, Term

_PARAMETERS = (
    ParameterSpec("epsilon", "pair", None, "eV", "energy of a bond", minimum=0.0, mixing="energy"),
    ParameterSpec("sigma", "pair", None, "angstrom", "unit of length", minimum=0.0, mixing="length"),
    ParameterSpec("a", "pair", 1.8, "", "cutoff in sigma", minimum=0.0),
    ParameterSpec("gamma", "pair", 1.2, "", "range of the three-body term, in sigma"),
    ParameterSpec("A", "pair", 7.049556277, "", "strength of the two-body term"),
    ParameterSpec("B", "pair", 0.6022245584, "", "repulsion in the two-body term"),
    ParameterSpec("p", "pair", 4.0, "", "exponent of the repulsion"),
    ParameterSpec("q", "pair", 0.0, "", "exponent of the attraction"),
    ParameterSpec("lambda", "triplet", None, "", "strength of the three-body term, in epsilon"),
    ParameterSpec("costheta0", "triplet", -1.0 / 3.0, "", "cosine of the preferred angle"),
)


def stillinger_weber() -> FormulaPotential:
    """Two-body and three-body energies that end smoothly at a*sigma."""
    return FormulaPotential(
        name="stillinger-weber",
        parameters=_PARAMETERS,
        pair=Term(
            "A*epsilon*(B*(sigma/r)**p - (sigma/r)**q)*exp(sigma/(r - a*sigma))",
            cutoff="a*sigma",
        ),
        triplet=Term(
            "lambda*sqrt(epsilon1*epsilon2)*(costheta - costheta0)**2"
            "*exp(gamma1*sigma1/(r1 - a1*sigma1) + gamma2*sigma2/(r2 - a2*sigma2))",
            cutoff="a*sigma",
        ),
        summary="tetrahedral semiconductors: a pair energy and a penalty on the angles of bonds",
        source=(
            "Si: F. H. Stillinger and T. A. Weber, Phys. Rev. B 31, 5262 (1985), in eV; "
            "Ge: K. Ding and H. C. Andersen, Phys. Rev. B 34, 6987 (1986)"
        ),
        materials={
            "Si": {"epsilon": 2.1683, "sigma": 2.0951, "lambda": 21.0},
            "Ge": {"epsilon": 1.93, "sigma": 2.181, "lambda": 31.0},
        },
    )
