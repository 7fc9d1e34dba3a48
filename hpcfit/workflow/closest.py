"""How close atoms come: in the data, or what can be expected of their elements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from hpcfit.data import ConfigurationBlock
from hpcfit.data.bond_lengths import COVALENT_RADII
from hpcfit.elements import atomic_number
from hpcfit.geometry import Geometry, build_geometry

#: the closest approach that is expected, as a share of the sum of covalent radii
_CLOSE = 0.75
#: angstrom, for elements that form no bonds or whose bonds are not known
_UNKNOWN_RADIUS = 1.5
#: what tells two elements by one number
_STRIDE = 1000


def bond_length(first: str, second: str) -> float:
    """The sum of the covalent radii of two elements, angstrom."""
    return _radius(atomic_number(first)) + _radius(atomic_number(second))


@dataclass(frozen=True)
class ClosestApproach:
    """The smallest distance, in angstrom, of two elements whose atoms come closer than expected."""

    found: Mapping[tuple[int, int], float] = field(default_factory=dict)

    def __call__(self, first: str, second: str) -> float:
        """How close atoms of two elements come, angstrom."""
        return min(_CLOSE * bond_length(first, second), self.in_data(first, second))

    def in_data(self, first: str, second: str) -> float:
        """How close they come in the data, angstrom; infinite where that is no closer than expected."""
        pair = sorted((atomic_number(first), atomic_number(second)))
        return self.found.get((pair[0], pair[1]), np.inf)

    @classmethod
    def of_bonds(cls, geometry: Geometry) -> ClosestApproach:
        """That of the bonds of some configurations, whose species are atomic numbers."""
        ends = np.sort([geometry.species[geometry.centre], geometry.species[geometry.neighbor]], axis=0)
        pairs, place = np.unique(ends[0].astype(np.int64) * _STRIDE + ends[1], return_inverse=True)
        least = np.full(len(pairs), np.inf)
        np.minimum.at(least, place, geometry.distance)
        return cls({divmod(int(pair), _STRIDE): float(each) for pair, each in zip(pairs, least, strict=True)})

    @classmethod
    def of_all(cls, each: Iterable[ClosestApproach]) -> ClosestApproach:
        """The smallest of several."""
        found: dict[tuple[int, int], float] = {}
        for one in each:
            for pair, distance in one.found.items():
                found[pair] = min(distance, found.get(pair, np.inf))
        return cls(found)


def close_bonds(block: ConfigurationBlock, *, allow_overlaps: bool = False) -> Geometry:
    """The bonds that are no longer than the closest approach expected of the largest atoms.

    Species are atomic numbers. Few bonds are as short, so that the search is quick.

    Raises:
        DataError: atoms on top of each other, unless `allow_overlaps`.
    """
    largest = max((_radius(int(number)) for number in np.unique(block.number)), default=_UNKNOWN_RADIUS)
    species = block.number.astype(np.int32)
    return build_geometry(block, species, 2.0 * _CLOSE * largest, allow_overlaps=allow_overlaps)


def _radius(number: int) -> float:
    radius = float(COVALENT_RADII[number])
    return _UNKNOWN_RADIUS if np.isnan(radius) else radius
