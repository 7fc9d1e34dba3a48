"""Whether the terms of a potential end smoothly at their cutoffs, and if not, by how much they jump."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpcfit.formula.keys import Key
from hpcfit.formula.sample_points import Place

FloatArray = NDArray[np.float64]

#: jumps of the value, and of the slope per angstrom, that are a smaller share of the term's size nearby
#: are not worth a word, nor are energies that are smaller in eV
_VALUE, _SLOPE = 1e-6, 1e-5
_ENERGY, _FORCE = 1e-9, 1e-8
#: steps of one-sided differences, as shares of the cutoff, and points over the other variables
_STEP, _POINTS = 1e-7, 64
#: a term's cutoff is not reached
_BEFORE = 1.0 - 1e-12


@dataclass(frozen=True)
class Jump:
    """What a term still is where it ends: its largest value and slope there, 0 if nothing to speak of."""

    place: str
    atoms: Key
    cutoff: float
    value: float
    slope: float


def jumps(places: Iterable[Place]) -> list[Jump]:
    """The largest jump of each term that does not end smoothly."""
    largest: dict[str, Jump] = {}
    for place in places:
        for name in place.ends:
            jump = _jump(place, name)
            before = largest.get(place.place)
            if jump is not None and (before is None or _size(jump) > _size(before)):
                largest[place.place] = jump
    return list(largest.values())


def _size(jump: Jump) -> tuple[float, float]:
    return jump.value, jump.slope


def _jump(place: Place, name: str) -> Jump | None:
    """What is left at the end of one distance; None where that is nothing to speak of."""
    if place.term == "bond_environment" and name == "r1":
        return None  # bond 1 ends with the pair term
    cutoff = place.ends[name]
    others = place.spread(_POINTS)
    step = _STEP * cutoff
    at = [_values(place, others, name, cutoff * _BEFORE - k * step) for k in range(3)]
    value = np.abs(at[0])
    with np.errstate(invalid="ignore"):
        slope = np.abs(3.0 * at[0] - 4.0 * at[1] + at[2]) / (2.0 * step)
    low, high = place.ranges[name]
    nearby = [_values(place, others, name, r) for r in np.linspace(max(low, 0.5 * high), high, 9)]
    size = float(np.max(np.abs(nearby)))
    if not np.isfinite([size, value.max(), slope.max()]).all():
        return None  # told as a fault
    of_energy = place.term in ("pair", "triplet")
    least = max(_VALUE * size, _ENERGY * of_energy), max(_SLOPE * size, _FORCE * of_energy)
    if value.max() <= least[0] and slope.max() <= least[1]:
        return None
    jump, bend = (
        float(each.max()) if each.max() > limit else 0.0
        for each, limit in zip((value, slope), least, strict=True)
    )
    return Jump(place.place, place.atoms, cutoff, jump, bend)


def _values(place: Place, others: dict[str, FloatArray], name: str, r: float) -> FloatArray:
    return place.sampled(place.atoms, {**others, name: np.full(_POINTS, r)}).values
