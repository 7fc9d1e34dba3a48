"""Parameters that have neither a value nor a default, as few sentences: one for all that lack the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from hpcfit.formula.potential import AnyBound, FormulaPotential, Key, key_text
from hpcfit.problem.parameters.given import PotentialInput
from hpcfit.problem.parameters.reference import Group
from hpcfit.suggest import listed

#: names that lack for some key, and whether a mixing rule could give them
Lack = tuple[tuple[str, ...], bool]


def missing_values(
    potentials: Sequence[PotentialInput], missing: Iterable[tuple[int, Group]]
) -> Iterator[tuple[int, str]]:
    """(position of the first parameter, sentence) of what lacks.

    Args:
        missing: (position, group) of each parameter without a value. What the user speaks of has a sentence
            of its own, which names it as those of `build_parameters` do.
    """
    unsaid: dict[int, list[tuple[int, Key, str]]] = {}
    for position, (index, key, name) in missing:
        given = potentials[index].given
        if (key, name) in given or ((), name) in given:
            yield position, _of_one(potentials[index].bound, potentials[index].where(index), key, name)
        else:
            unsaid.setdefault(index, []).append((position, key, name))
    for index, parameters in unsaid.items():
        yield from _of_several(potentials[index].bound, potentials[index].where(index), parameters)


def _of_one(bound: AnyBound, where: str, key: Key, name: str) -> str:
    of_key = f" ({key_text(key)})" if key else ""
    rule = _rule(_mixes(bound, key, name))
    asked = getattr(bound.formula, "has_guessed", False)
    lacks = "it could not be guessed from the rows" if asked else "it has no default"
    return f"{where}.parameters.{name}{of_key}: {lacks}; give it a value{rule}."


def _of_several(
    bound: AnyBound, where: str, parameters: Sequence[tuple[int, Key, str]]
) -> Iterator[tuple[int, str]]:
    if len(parameters) == 1:
        position, key, name = parameters[0]
        yield position, _of_one(bound, where, key, name)
        return
    names: dict[Key, list[str]] = {}
    for _, key, name in parameters:
        names.setdefault(key, []).append(bound.formula.parameter(name).spline or name)
    keys: dict[Lack, list[Key]] = {}
    for key, of_key in names.items():
        each = tuple(dict.fromkeys(of_key))
        keys.setdefault((each, all(_mixes(bound, key, name) for name in each)), []).append(key)
    for (each, mixes), having in keys.items():
        first = next(position for position, key, _ in parameters if key == having[0])
        yield first, f"{where}.parameters: {_sentence(bound, each, having, mixes)}"


def _sentence(bound: AnyBound, names: Sequence[str], keys: Sequence[Key], mixes: bool) -> str:
    formula = bound.formula
    of_keys = f" of {listed([key_text(key) for key in keys], 9)}" if keys[0] else ""
    one = len(names) == 1
    have, values = ("has", "a value") if one else ("have", "values")
    other = f", or {names[0]} without species for all" if one and len(keys) > 1 else _rule(mixes)
    if isinstance(formula, FormulaPotential) and formula.otherwise and len(bound.species) > 1:
        other += f", or write {formula.otherwise}"
    known = [key for key, values_of in formula.materials.items() if not values_of.keys().isdisjoint(names)]
    published = f" Published are those of {listed(known, 20)}." if known else ""
    return f"{listed(names, 20)}{of_keys} {have} no default; give {values}{other}.{published}"


def _mixes(bound: AnyBound, key: Key, name: str) -> bool:
    """Whether a mixing rule could give a parameter of a pair."""
    specs = {spec.name: spec for spec in bound.formula.parameters}
    return len(set(key)) > 1 and name in specs and specs[name].mixing is not None


def _rule(mixes: bool) -> str:
    return ', or write a rule such as mixing = "lorentz-berthelot"' if mixes else ""
