"""A pair energy that ends at the cutoff rc in a chosen way, as most pair potentials of the catalogue do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hpcfit.formula.potential import FormulaPotential, ParameterSpec, Term
from hpcfit.potentials.truncation import Truncation, truncated

#: cutoff where none is published, angstrom
ANY_CUTOFF = ParameterSpec("rc", "pair", 10.0, "angstrom", "cutoff (a choice, not published)", minimum=0.0)
ONSET = ParameterSpec("ro", "pair", 0.0, "angstrom", "onset of the switch; 0 means 0.66 rc", minimum=0.0)


def cut_pair(
    name: str,
    energy: str,
    slope: str,
    truncation: Truncation,
    *,
    parameters: Sequence[ParameterSpec],
    rc: ParameterSpec = ANY_CUTOFF,
    cutoff: str = "rc",
    let: Sequence[tuple[str, str]] = (),
    summary: str,
    source: str,
    materials: Mapping[str, Mapping[str, float]],
    ties: tuple[tuple[str, str, str], ...] = (),
) -> FormulaPotential:
    """The potential with this `energy` of r, of which `slope` is the derivative by r.

    `cutoff` is the distance where it ends; if it is another expression than "rc", the formulas
    know it as "cut".
    """
    lets = [*let]
    at = "rc"
    if cutoff != "rc":
        at = "cut"
        lets.append((at, cutoff))
    specs = [*parameters, rc]
    if truncation == "smooth":
        specs.append(ONSET)
        lets.append(("onset", f"where(ro > 0, ro, 0.66*{at})"))
    return FormulaPotential(
        name=name,
        parameters=tuple(specs),
        pair=Term(truncated(energy, slope, truncation, cutoff=at, onset="onset"), cutoff),
        let=tuple(lets),
        summary=summary,
        source=source,
        materials=materials,
        ties=ties,
        rising=(("ro", cutoff),) if truncation == "smooth" else (),
    )
