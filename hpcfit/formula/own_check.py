"""Names and cutoffs of one's own formulas: what cannot be, told at the key where it is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from hpcfit.errors import KernelError
from hpcfit.formula.check import names_in
from hpcfit.formula.parameter_spec import NAME
from hpcfit.formula.potential import RESERVED, density_variables
from hpcfit.formula.unused import cutoffs_of_nothing

if TYPE_CHECKING:
    from hpcfit.formula.own import OwnFormulas


def check_own(formulas: OwnFormulas, given: Collection[str], where: str) -> None:
    """Raise KernelError, its message starting with `where`, for the first fault.

    Args:
        given: names of the parameters that have a value.
    """
    for faults in (_names(formulas, given), _ranks(formulas, where), _cutoffs(formulas)):
        for fault in faults:
            raise KernelError(f"{where}.{fault}")


def _names(formulas: OwnFormulas, given: Collection[str]) -> Iterator[str]:
    for name in formulas.let:
        yield from _name(f"let.{name}", name, given)
        if name in formulas.densities:
            yield f"let.{name}: a density is called {name}, too. Rename one of them"
    for name in formulas.densities:
        yield from _name(f"density.{name}", name, given)


def _name(place: str, name: str, given: Collection[str]) -> Iterator[str]:
    if not NAME.match(name):
        yield f"{place}: {name!r} cannot be a name. Write a letter, then letters, digits or _"
    if name in RESERVED:
        yield f"{place}: {name} has a meaning in formulas already. Rename it"
    if name in given:
        yield f"{place}: a parameter is called {name}, too. Rename one of them"


def unused_parts(formulas: OwnFormulas, where: str) -> Iterator[str]:
    """Faults of named sub-expressions that nothing uses; sentences start with `where`."""
    names = {place: names_in(text, f"{where}.{place}") for place, text in formulas.texts}
    uses = Counter(name for each in names.values() for name in each)
    for name in formulas.let:
        if uses[name] == (name in names[f"let.{name}"]):
            yield f"{where}.let.{name}: no formula uses it. Remove it"


def _ranks(formulas: OwnFormulas, where: str) -> Iterator[str]:
    """Vectors and tensors where a number is wanted."""
    ranks = {name: rank for name, (_, rank) in formulas.densities.items() if rank != "scalar"}
    for place, text in formulas.texts:
        for name in sorted(names_in(text, f"{where}.{place}") & ranks.keys()):
            names = " or ".join(density_variables(name, ranks[name]))
            yield f"{place}: {name} is a {ranks[name]} and no number. Write {names}"


def _cutoffs(formulas: OwnFormulas) -> Iterator[str]:
    yield from cutoffs_of_nothing(formulas)
    terms = [name for name in ("pair", "triplet", "bond_environment") if name in formulas.terms]
    for key in (*terms, *(f"density.{name}" for name in formulas.densities)):
        if formulas.term(key, "").cutoff is None:
            place = "density" if len(formulas.densities) == 1 and key.startswith("density") else key
            yield f"cutoff: there is none for {place}. Give it one, or give one for all terms"
