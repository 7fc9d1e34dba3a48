"""For which species a parameter's numbers are: keys, their canonical order and their text.

A key is () for a number shared by all, ("Si",) for one species, ("Si", "C") for an unordered
pair, ("Si", "C", "C") for a triplet with the centre first and the neighbours unordered. The
order of the potential's species says which of the equivalent spellings is the canonical one.
Of the ordered kinds, ("Si", "C") is centre and neighbour, ("Si", "C", "Ge") centre, first and second
neighbour, and every spelling is a number of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations_with_replacement, product
from typing import Literal

from hpcfit.errors import KernelError
from hpcfit.suggest import suggestion

Kind = Literal["shared", "species", "pair", "triplet", "ordered-pair", "ordered-triplet"]
Key = tuple[str, ...]

KEY_LENGTH: Mapping[Kind, int] = {
    **{"shared": 0, "species": 1, "pair": 2, "triplet": 3},
    **{"ordered-pair": 2, "ordered-triplet": 3},
}


@dataclass(frozen=True, order=True)
class Instance:
    """One number of a potential: the parameter's name and the species it belongs to."""

    name: str
    key: Key = ()

    def __str__(self) -> str:
        return f"{key_text(self.key)}.{self.name}" if self.key else self.name


def enumerate_keys(kind: Kind, species: tuple[str, ...]) -> tuple[Key, ...]:
    """All keys of a kind, in canonical order (that of `species`, the last index fastest)."""
    if kind == "shared":
        return ((),)
    if kind == "species":
        return tuple((name,) for name in species)
    if is_ordered(kind):
        return tuple(product(species, repeat=KEY_LENGTH[kind]))
    pairs = tuple(combinations_with_replacement(species, 2))
    if kind == "pair":
        return pairs
    return tuple((centre, *pair) for centre in species for pair in pairs)


def is_ordered(kind: Kind) -> bool:
    """Whether every spelling of a key of this kind is a number of its own."""
    return kind.startswith("ordered")


def canonical_key(key: Key, species: tuple[str, ...], ordered: bool = False) -> Key:
    """The key with its unordered part (both of a pair, the last two of a triplet) in species order.

    `ordered`: there is no such part; the species are only looked up.
    """
    for name in key:
        if name not in species:
            raise KernelError(f"unknown species {name} in {key_text(key)}.{_advice(name, species)}")
    return key if ordered else (*key[:-2], *sorted(key[-2:], key=species.index))


def _advice(name: str, species: tuple[str, ...]) -> str:
    """What was meant by an unknown species: several without dashes, or one of another name."""
    parts = re.findall("[A-Z][a-z]?", name)
    if len(parts) > 1 and "".join(parts) == name and set(parts) <= set(species):
        return f" Did you mean {key_text(tuple(parts))}?"
    return suggestion(name, species)


def key_text(key: Key) -> str:
    """ "" for (), "Si" for ("Si",), "Si-C-C" for ("Si", "C", "C")."""
    return "-".join(key)


def parse_key(text: str) -> Key:
    """The inverse of `key_text`; blanks around the names do not matter."""
    return tuple(part.strip() for part in text.split("-")) if text.strip() else ()


def key_example(kind: Kind, species: tuple[str, ...], given: Key = ()) -> str:
    """A key as one could have written it in place of `given`, for messages."""
    keys = enumerate_keys(kind, species)
    alike = (key for key in keys if given and key[:1] == given[:1])
    return key_text(next(alike, keys[-1])) or "no species"
