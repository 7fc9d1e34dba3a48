"""Zhou, Johnson and Wadley's embedded-atom potentials of metals and all of their alloys.

Unlike atoms need no numbers of their own: their pair energy is Johnson's mean of those of the elements,
with the elements' densities f as weights (R. A. Johnson, Phys. Rev. B 39, 12554 (1989)).
"""

from __future__ import annotations

from hpcfit.formula.potential import Density, FormulaPotential, ParameterSpec, Term
from hpcfit.potentials.eam_end import EamTruncation, eam_end
from hpcfit.potentials.eam_zhou_published import METALS

_PARAMETERS = (
    ParameterSpec("re", "species", None, "angstrom", "distance of nearest neighbours", minimum=0.0),
    ParameterSpec("fe", "species", None, "", "density of a neighbour there", minimum=0.0),
    ParameterSpec("rhoe", "species", None, "", "density of the crystal", minimum=0.0),
    ParameterSpec("rhos", "species", None, "", "unit of large densities", minimum=0.0),
    ParameterSpec("alpha", "species", None, "", "steepness of the repulsion, in 1/re"),
    ParameterSpec("beta", "species", None, "", "steepness of attraction and density, in 1/re"),
    ParameterSpec("A", "species", None, "eV", "strength of the repulsion"),
    ParameterSpec("B", "species", None, "eV", "strength of the attraction"),
    ParameterSpec("kappa", "species", None, "", "end of the repulsion, in re"),
    ParameterSpec("lambda", "species", None, "", "end of attraction and density, in re"),
    *(
        ParameterSpec(f"Fn{k}", "species", None, "eV", f"small densities, coefficient of power {k}")
        for k in range(4)
    ),
    *(
        ParameterSpec(f"F{k}", "species", None, "eV", f"densities of the crystal, coefficient of power {k}")
        for k in range(4)
    ),
    ParameterSpec("eta", "species", None, "", "exponent of large densities"),
    ParameterSpec("Fe", "species", None, "eV", "strength of large densities"),
    ParameterSpec("low", "species", 0.85, "", "small densities end here, in rhoe", minimum=0.0),
    ParameterSpec("high", "species", 1.15, "", "large densities begin here, in rhoe", minimum=0.0),
)


def eam_zhou(*, truncation: EamTruncation = "smooth") -> FormulaPotential:
    """Exponentials that end by a power of the distance, and an embedding in three pieces.

    Args:
        truncation: smooth switches to zero between ro and rc, none jumps to zero at rc
    """
    # Where the authors' program ends its tables; in alloys it takes the longest of the elements for all.
    rc = ParameterSpec(
        "rc", "pair", 0.0, "angstrom", "cutoff; 0 means 2.236 re, of the larger atom", minimum=0.0
    )
    end = eam_end(truncation, rc, "where(rc > 0, rc, sqrt(5)*max(re1, re2))")
    return FormulaPotential(
        name="eam-zhou",
        parameters=(*_PARAMETERS, *end.parameters),
        densities=(Density("rho", Term(f"f2{end.factor}", end.cutoff)),),
        embedding="where(rho < low*rhoe, small, where(rho < high*rhoe, middle, large))",
        pair=Term(f"(f2/f1*phi1 + f1/f2*phi2)/2{end.factor}", end.cutoff),
        let=(
            *(line for atom in "12" for line in _functions(atom)),
            ("x", "rho/(low*rhoe) - 1"),
            ("small", "Fn0 + x*(Fn1 + x*(Fn2 + x*Fn3))"),
            ("y", "rho/rhoe - 1"),
            ("middle", "F0 + y*(F1 + y*(F2 + y*F3))"),
            ("large", "Fe*(1 - eta*log(rho/rhos))*(rho/rhos)**eta"),
            *end.let,
        ),
        summary="sixteen metals and all of their alloys, without numbers for unlike pairs",
        source="X. W. Zhou, R. A. Johnson and H. N. G. Wadley, Phys. Rev. B 69, 144113 (2004)",
        materials=METALS,
    )


def _functions(atom: str) -> list[tuple[str, str]]:
    """The density f and the pair energy phi of the element of `atom`, 1 or 2."""
    f = "exp(-beta@*(r/re@ - 1))/(1 + (r/re@ - lambda@)**20)"
    phi = f"A@*exp(-alpha@*(r/re@ - 1))/(1 + (r/re@ - kappa@)**20) - B@*{f}"
    return [
        ("f@".replace("@", atom), f"fe{atom}*" + f.replace("@", atom)),
        (f"phi{atom}", phi.replace("@", atom)),
    ]
