"""How the text of an energy term refers to parameters.

A term's text refers to instances by *written names*:

    kind              in `pair`, `density`   in `triplet`, `bond_environment`     in `site`, `embedding`
    shared            q                      q                                    q
    species           q1, q2                 q0 (centre), q1, q2 (neighbours)     q
    pair              q                      q1, q2 (centre with neighbour 1, 2)
    ordered-pair      q                      q1, q2
    triplet                                  q
    ordered-triplet   q (i, j, j)            q (only in `bond_environment`)

In a pair term or density atom 1 is the centre and atom 2 the neighbour. With one species only, the
kinds coincide, and the bare name may be written anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from hpcfit.formula.keys import Key, Kind

TermName = Literal["pair", "triplet", "site", "density", "bond_environment", "embedding"]

TERM_VARIABLES: Mapping[TermName, tuple[str, ...]] = {
    "pair": ("r",),
    "triplet": ("r1", "r2", "costheta"),
    "site": (),
    "density": ("r",),
    "bond_environment": ("r1", "r2", "costheta"),
    "embedding": (),
}
# Which atoms (0 = centre, 1 and 2 = neighbours) make the key, by written suffix.
SUFFIX_SLOTS: Mapping[tuple[TermName, Kind], Mapping[str, tuple[int, ...]]] = {
    ("pair", "species"): {"1": (0,), "2": (1,)},
    ("pair", "pair"): {"": (0, 1)},
    ("triplet", "species"): {"0": (0,), "1": (1,), "2": (2,)},
    ("triplet", "pair"): {"1": (0, 1), "2": (0, 2)},
    ("triplet", "triplet"): {"": (0, 1, 2)},
    ("site", "species"): {"": (0,)},
    ("pair", "ordered-pair"): {"": (0, 1)},
    # Of a bond's own energy in potentials that are tabulated by ordered triplets.
    ("pair", "ordered-triplet"): {"": (0, 1, 1)},
    ("triplet", "ordered-pair"): {"1": (0, 1), "2": (0, 2)},
    ("density", "species"): {"1": (0,), "2": (1,)},
    ("density", "pair"): {"": (0, 1)},
    ("density", "ordered-pair"): {"": (0, 1)},
    ("bond_environment", "species"): {"0": (0,), "1": (1,), "2": (2,)},
    ("bond_environment", "pair"): {"1": (0, 1), "2": (0, 2)},
    ("bond_environment", "ordered-pair"): {"1": (0, 1), "2": (0, 2)},
    ("bond_environment", "triplet"): {"": (0, 1, 2)},
    ("bond_environment", "ordered-triplet"): {"": (0, 1, 2)},
    ("embedding", "species"): {"": (0,)},
}


@dataclass(frozen=True)
class WrittenName:
    """What a name in a term's text stands for: a parameter, and the atoms that make its key."""

    parameter: str
    slots: tuple[int, ...]

    def key(self, atoms: Key) -> Key:
        """Key (in the order of the atoms) when centre, neighbours are of the species `atoms`."""
        return tuple(atoms[slot] for slot in self.slots)
