"""Stillinger and Weber's silicon with stiffer angles, which makes cracks run instead of bluntening.

Under tension the original potential flows like a ductile metal. Holland and Marder doubled its
three-body term (lambda 42 instead of 21); silicon then cleaves, as real silicon does. Energy and all
derivatives end smoothly at a*sigma.
"""

from __future__ import annotations

from hpcfit.formula.potential import FormulaPotential, ParameterSpec, Term

_PARAMETERS = (
    ParameterSpec("epsilon", "shared", 2.1683, "eV", "energy of a bond", minimum=0.0),
    ParameterSpec("sigma", "shared", 2.0951, "angstrom", "unit of length", minimum=0.0),
    ParameterSpec("a", "shared", 1.8, "", "cutoff in sigma", minimum=1.0),
    ParameterSpec("A", "shared", 7.049556277, "", "strength of the two-body term", minimum=0.0),
    ParameterSpec("B", "shared", 0.6022245584, "", "repulsion in the two-body term", minimum=0.0),
    ParameterSpec("p", "shared", 4.0, "", "exponent of the repulsion", minimum=0.0),
    ParameterSpec("gamma", "shared", 1.2, "", "range of the three-body term, in sigma", minimum=0.0),
    ParameterSpec("lambda", "shared", 42.0, "", "stiffness of angles; 21 in the original", minimum=0.0),
)


def brittle_silicon() -> FormulaPotential:
    """The potential with the published parameters as defaults; one species."""
    return FormulaPotential(
        name="brittle-silicon",
        parameters=_PARAMETERS,
        pair=Term("A*epsilon*(B*(sigma/r)**p - 1)*exp(sigma/(r - a*sigma))", cutoff="a*sigma"),
        triplet=Term(
            "lambda*epsilon*(costheta + 1/3)**2*exp(gamma*sigma/(r1 - a*sigma) + gamma*sigma/(r2 - a*sigma))",
            cutoff="a*sigma",
        ),
        summary="Stillinger-Weber silicon with a doubled three-body term, for brittle fracture",
        source=(
            "D. Holland and M. Marder, Phys. Rev. Lett. 80, 746 (1998) and 81, 4029 (1998), after "
            "F. H. Stillinger and T. A. Weber, Phys. Rev. B 31, 5262 (1985)"
        ),
    )
