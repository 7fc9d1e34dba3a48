"""Potentials of one's own in one line."""

from __future__ import annotations

from collections.abc import Mapping

from hpcfit.formula.keys import Kind
from hpcfit.formula.own import OwnFormulas, own_potential
from hpcfit.formula.potential import FormulaPotential, Rank


def written_potential(
    where: str = "test",
    kinds: Mapping[str, Kind] | None = None,
    *,
    density: str | Mapping[str, str] | None = None,
    rank: Mapping[str, Rank] | None = None,
    cutoff: str | float | Mapping[str, str | float] | None = None,
    let: Mapping[str, str] | None = None,
    **terms: str,
) -> FormulaPotential:
    """The potential of these formulas; a density, or a cutoff, that stands alone needs no name."""
    densities = density if isinstance(density, Mapping) else {"rho": density} if density is not None else {}
    cutoffs = cutoff if isinstance(cutoff, Mapping) else {"": cutoff} if cutoff is not None else {}
    formulas = OwnFormulas(
        terms,
        {name: (text, (rank or {}).get(name, "scalar")) for name, text in densities.items()},
        {name: str(text) for name, text in cutoffs.items()},
        let or {},
    )
    return own_potential(formulas, kinds or {}, where)
