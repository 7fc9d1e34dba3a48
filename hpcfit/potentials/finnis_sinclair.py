"""Finnis and Sinclair's potential of the body-centred cubic transition metals."""

from __future__ import annotations

from hpcfit.formula.potential import Density, FormulaPotential, ParameterSpec, Term


def _element(d: float, A: float, beta: float, c: float, c0: float, c1: float, c2: float) -> dict[str, float]:
    return {"A": A, "d": d, "beta": beta, "c": c, "c0": c0, "c1": c1, "c2": c2}


_METALS = {
    "V": _element(3.692767, 2.010637, 0.0, 3.80, -0.8816318, 1.4907756, -0.3976370),
    "Nb": _element(3.915354, 3.013789, 0.0, 4.20, -1.5640104, 2.0055779, -0.4663764),
    "Ta": _element(4.076980, 2.591061, 0.0, 4.20, 1.2157373, 0.0271471, -0.1217350),
    "Cr": _element(3.915720, 1.453418, 1.8, 2.90, 29.1429813, -23.3975027, 4.7578297),
    "Mo": _element(4.114825, 1.887117, 0.0, 3.25, 43.4475218, -31.9332978, 6.0804249),
    "W": _element(4.400224, 1.896373, 0.0, 3.25, 47.1346499, -33.7665655, 6.2541999),
    "Fe": _element(3.569745, 1.828905, 1.8, 3.40, 1.2371147, -0.3592185, -0.0385607),
}


def finnis_sinclair() -> FormulaPotential:
    """A square root of the density, which is a sum of parabolas, and a polynomial between pairs."""
    return FormulaPotential(
        name="finnis-sinclair",
        parameters=(
            ParameterSpec("A", "species", None, "eV/angstrom", "strength of the bonds", minimum=0.0),
            ParameterSpec("d", "pair", None, "angstrom", "cutoff of the density", minimum=0.0),
            ParameterSpec("beta", "pair", 0.0, "", "cubic part of the density"),
            ParameterSpec("c", "pair", None, "angstrom", "cutoff of the pair energy", minimum=0.0),
            ParameterSpec("c0", "pair", None, "eV/angstrom^2", "constant of the pair energy's polynomial"),
            ParameterSpec("c1", "pair", None, "eV/angstrom^3", "its linear coefficient"),
            ParameterSpec("c2", "pair", None, "eV/angstrom^4", "its quadratic coefficient"),
        ),
        densities=(Density("rho", Term("(r - d)**2 + beta*(r - d)**3/d", cutoff="d")),),
        # With beta the density is negative below 0.44 d, far inside the core.
        embedding="where(rho > 0, -A*sqrt(rho), 0)",
        pair=Term("(r - c)**2*(c0 + c1*r + c2*r**2)", cutoff="c"),
        summary="body-centred cubic transition metals: bonds as the square root of a density",
        source=(
            "M. W. Finnis and J. E. Sinclair, Philos. Mag. A 50, 45 (1984), erratum Philos. Mag. A 53, 161 "
            "(1986)"
        ),
        materials=_METALS,
    )
