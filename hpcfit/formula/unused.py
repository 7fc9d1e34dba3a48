"""Parts of one's own formulas that nothing uses: a density, a bond environment, a cutoff of no term."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hpcfit.errors import KernelError
from hpcfit.formula.check import names_in
from hpcfit.formula.potential import density_variables
from hpcfit.suggest import suggestion

if TYPE_CHECKING:
    from hpcfit.formula.own import OwnFormulas

_CUT_TERMS = ("pair", "triplet", "bond_environment")


def check_used(formulas: OwnFormulas, where: str) -> None:
    """All that is given must count; a part that is left out silently is a mistake.

    Raises:
        KernelError: for the first part that does not; the message starts with `where`.
    """
    for fault in _faults(formulas, where):
        raise KernelError(fault)


def _faults(formulas: OwnFormulas, where: str) -> Iterator[str]:
    energies = [
        (place, text) for place, text in formulas.texts if not place.startswith(("density", "cutoff"))
    ]
    used = {name for place, text in energies for name in names_in(text, f"{where}.{place}")}
    for name, (_, rank) in formulas.densities.items():
        if used.isdisjoint(density_variables(name, rank)):
            names = " or ".join(density_variables(name, rank))
            yield (
                f"{where}.{formulas.density_place(name)}: no energy uses this density. "
                f"Write {names} in embedding, pair or triplet, or remove it"
            )
    if "bond_environment" in formulas.terms and "zeta" not in used:
        yield f"{where}.bond_environment: pair does not use it. Write zeta in pair, or remove it"
    yield from (f"{where}.{fault}" for fault in cutoffs_of_nothing(formulas))


def cutoffs_of_nothing(formulas: OwnFormulas) -> Iterator[str]:
    """Faults of cutoffs that are given for terms which are not."""
    there = [name for name in _CUT_TERMS if name in formulas.terms]
    there += ["density"] if formulas.densities else []
    there += [f"density.{name}" for name in formulas.densities]
    for name in formulas.cutoffs:
        if name and name not in there:
            hint = suggestion(name, there)
            yield f"cutoff.{name}: there is no such term to end.{hint or ' Remove it'}"
