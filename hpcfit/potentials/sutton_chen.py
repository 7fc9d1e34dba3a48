"""Sutton and Chen's long-range potential of the face-centred cubic metals.

For alloys by the rule of H. Rafii-Tabar and A. P. Sutton, Philos. Mag. Lett. 63, 217 (1991): epsilon of
unlike atoms is the geometric, a, n and m are the arithmetic mean.
"""

from __future__ import annotations

from hpcfit.formula.potential import Density, FormulaPotential, ParameterSpec, Term
from hpcfit.potentials.eam_end import EamTruncation, eam_end


def _element(m: float, n: float, epsilon: float, c: float, a: float) -> dict[str, float]:
    return {"epsilon": epsilon, "a": a, "n": n, "m": m, "c": c}


_METALS = {
    "Ni": _element(6, 9, 1.5707e-2, 39.432, 3.52),
    "Cu": _element(6, 9, 1.2382e-2, 39.432, 3.61),
    "Rh": _element(6, 12, 4.9371e-3, 144.41, 3.80),
    "Pd": _element(7, 12, 4.1790e-3, 108.27, 3.89),
    "Ag": _element(6, 12, 2.5415e-3, 144.41, 4.09),
    "Ir": _element(6, 14, 2.4489e-3, 334.94, 3.84),
    "Pt": _element(8, 10, 1.9833e-2, 34.408, 3.92),
    "Au": _element(8, 10, 1.2793e-2, 34.408, 4.08),
    "Pb": _element(7, 10, 5.5765e-3, 45.778, 4.95),
    "Al": _element(6, 7, 3.3147e-2, 16.399, 4.05),
}


def sutton_chen(*, truncation: EamTruncation = "smooth") -> FormulaPotential:
    """Powers of the distance, in the pair energy and under a square root.

    Args:
        truncation: smooth switches to zero between ro and rc, none jumps to zero at rc
    """
    rc = ParameterSpec(
        "rc", "pair", 8.0, "angstrom", "cutoff (a choice; published for an infinite range)", minimum=0.0
    )
    end = eam_end(truncation, rc, ratio=0.75)
    return FormulaPotential(
        name="sutton-chen",
        parameters=(
            ParameterSpec("epsilon", "species", None, "eV", "unit of energy", minimum=0.0),
            ParameterSpec(
                "a", "species", None, "angstrom", "unit of length: the lattice constant", minimum=0.0
            ),
            ParameterSpec("n", "species", None, "", "exponent of the repulsion", minimum=0.0),
            ParameterSpec("m", "species", None, "", "exponent of the density", minimum=0.0),
            ParameterSpec("c", "species", None, "", "strength of the bonds, in epsilon", minimum=0.0),
            *end.parameters,
        ),
        densities=(Density("rho", Term(f"((a1 + a2)/2/r)**((m1 + m2)/2){end.factor}", end.cutoff)),),
        embedding="-c*epsilon*sqrt(rho)",
        pair=Term(f"sqrt(epsilon1*epsilon2)*((a1 + a2)/2/r)**((n1 + n2)/2){end.factor}", end.cutoff),
        let=end.let,
        summary="face-centred cubic metals and their alloys: powers of the distance, of long range",
        source="A. P. Sutton and J. Chen, Philos. Mag. Lett. 61, 139 (1990)",
        materials=_METALS,
    )
