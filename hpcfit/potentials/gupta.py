"""Gupta's potential, also called RGL, TB-SMA or tight-binding: metals, alloys and their clusters."""

from __future__ import annotations

from math import sqrt

from hpcfit.formula.potential import Density, FormulaPotential, ParameterSpec, Term
from hpcfit.potentials.eam_end import EamTruncation, eam_end


def _fcc(A: float, xi: float, p: float, q: float, lattice_constant: float) -> dict[str, float]:
    return {"A": A, "xi": xi, "p": p, "q": q, "r0": round(lattice_constant / sqrt(2.0), 4)}


_METALS = {
    "Ni": _fcc(0.0376, 1.070, 16.999, 1.189, 3.523),
    "Cu": _fcc(0.0855, 1.224, 10.960, 2.278, 3.615),
    "Rh": _fcc(0.0629, 1.660, 18.450, 1.867, 3.803),
    "Pd": _fcc(0.1746, 1.718, 10.867, 3.742, 3.887),
    "Ag": _fcc(0.1028, 1.178, 10.928, 3.139, 4.085),
    "Ir": _fcc(0.1156, 2.289, 16.980, 2.691, 3.839),
    "Pt": _fcc(0.2975, 2.695, 10.612, 4.004, 3.924),
    "Au": _fcc(0.2061, 1.790, 10.229, 4.036, 4.079),
    "Al": _fcc(0.1221, 1.316, 8.612, 2.516, 4.050),
}


def gupta(*, truncation: EamTruncation = "smooth") -> FormulaPotential:
    """A repulsion that is exponential in the distance, and the square root of an exponential density.

    Args:
        truncation: smooth switches to zero between ro and rc, none jumps to zero at rc
    """
    # Published with five shells of neighbours; in face-centred cubic crystals these lie at up to 2.236 r0,
    # and the sixth at 2.449 r0. The switch begins at 2.24 r0.
    cutoff = "2.34" if truncation == "none" else "2.44"
    meaning = f"cutoff; 0 means {cutoff} r0, behind the fifth neighbours"
    rc = ParameterSpec("rc", "pair", 0.0, "angstrom", meaning, minimum=0.0)
    end = eam_end(truncation, rc, f"where(rc > 0, rc, {cutoff}*r0)", ratio=0.918)
    return FormulaPotential(
        name="gupta",
        parameters=(
            ParameterSpec(
                "A", "pair", None, "eV", "strength of the repulsion", minimum=0.0, mixing="geometric"
            ),
            ParameterSpec("xi", "pair", None, "eV", "strength of the bonds", mixing="geometric"),
            ParameterSpec("p", "pair", None, "", "steepness of the repulsion, in 1/r0", mixing="arithmetic"),
            ParameterSpec("q", "pair", None, "", "steepness of the bonds, in 1/r0", mixing="arithmetic"),
            ParameterSpec(
                "r0", "pair", None, "angstrom", "distance of nearest neighbours", minimum=0.0, mixing="length"
            ),
            *end.parameters,
        ),
        densities=(Density("rho", Term(f"xi**2*exp(-2*q*(r/r0 - 1)){end.factor}", end.cutoff)),),
        embedding="-sqrt(rho)",
        pair=Term(f"2*A*exp(-p*(r/r0 - 1)){end.factor}", end.cutoff),
        let=end.let,
        summary="metals, alloys and clusters: bonds as the square root of an exponential density",
        source=(
            "R. P. Gupta, Phys. Rev. B 23, 6265 (1981); numbers of F. Cleri and V. Rosato, Phys. Rev. B 48, "
            "22 (1993)"
        ),
        materials=_METALS,
    )
