"""Embedded-atom potentials whose functions are splines: all that is fitted are their coefficients."""

from __future__ import annotations

from typing import Annotated, Literal

from hpcfit.errors import KernelError
from hpcfit.formula.potential import Density, FormulaPotential, Kind, ParameterSpec, Term
from hpcfit.formula.spline_shape import FEWEST_KNOTS, SplineShape
from hpcfit.potentials.eam_zhou_splines import ZhouSplines

_KNOTS = {"minimum": FEWEST_KNOTS}


def eam_spline(
    *,
    knots: Annotated[int, {"help": "knots of pair energies and densities", **_KNOTS}] = 20,
    r_min: Annotated[float, {"help": "the first of them", "minimum": 0.0}] = 1.8,
    r_max: Annotated[float, {"help": "the last of them, the cutoff", "minimum": 0.0}] = 6.0,
    embedding_knots: Annotated[int, {"help": "knots of embeddings", **_KNOTS}] = 20,
    rho_max: Annotated[float, {"help": "the last of them", "minimum": 0.0}] = 45.0,
    density: Literal["element", "pair"] = "element",
) -> FormulaPotential:
    """Metals and alloys: pair energy, density and embedding as cubic splines.

    Args:
        knots: knots of the pair energies and of the densities
        r_min: the first of these knots in angstrom, two knots below the shortest distance of the data
        r_max: the last of these knots in angstrom, and the cutoff
        embedding_knots: knots of the embeddings, from density 0 on
        rho_max: the last of these knots, above the largest density of the data
        density: element is what an element makes at any other, pair is one for each ordered pair (eam/fs)

    Raises:
        KernelError: knots for which there is no spline.
    """
    if not r_min < r_max:
        raise KernelError(f"r_min, {r_min:g}, is not below r_max, {r_max:g}.")
    if not rho_max > 0.0:
        raise KernelError(f"rho_max must be above 0, not {rho_max:g}.")
    for name, count in (("knots", knots), ("embedding_knots", embedding_knots)):
        if count < FEWEST_KNOTS:
            raise KernelError(f"{name} must be at least {FEWEST_KNOTS}, not {count}.")
    distance = f"knots={knots}, r_min={r_min!r}, r_max={r_max!r}"
    donor: Kind = "species" if density == "element" else "ordered-pair"
    of_distance = SplineShape(knots, r_min, r_max, ends_at_zero=True)
    of_density = SplineShape(embedding_knots, 0.0, rho_max, ends_at_zero=False)
    shapes = {"phi": of_distance, "f": of_distance, "F": of_density}
    return FormulaPotential(
        name="eam-spline",
        parameters=(
            ParameterSpec("phi", "pair", None, "eV", "coefficients of the pair energy"),
            ParameterSpec("f", donor, None, "", "coefficients of the density of a neighbour"),
            ParameterSpec("F", "species", None, "eV", "coefficients of the embedding energy"),
        ),
        pair=Term(f"bspline(r, phi, {distance})", repr(r_max)),
        densities=(
            Density(
                "rho", Term(f"bspline(r, {'f2' if donor == 'species' else 'f'}, {distance})", repr(r_max))
            ),
        ),
        embedding=f"bspline(rho, F, knots={embedding_knots}, rho_min=0, rho_max={rho_max!r})",
        summary="metals and alloys: pair energy, density and embedding as splines to fit",
        source=(
            "start: the splines nearest to eam-zhou, X. W. Zhou, R. A. Johnson and H. N. G. Wadley, "
            "Phys. Rev. B 69, 144113 (2004)"
        ),
        materials=ZhouSplines(shapes, by_pairs=density == "pair"),
    )
