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
#: bonds that are shorter than this share of the cutoff are worth a word
_WORTH = 0.99
#: a term's cutoff is not reached
_BEFORE = 1.0 - 1e-12


@dataclass(frozen=True)
class Jump:
    """What a term still is where it ends: its largest value and slope there, 0 if nothing to speak of.

    Attributes:
        spline_end: where its splines end, if that is behind the cutoff.
    """

    place: str
    atoms: Key
    cutoff: float
    value: float
    slope: float
    spline_end: float | None = None


@dataclass(frozen=True)
class Idle:
    """A term that ends with its splines, before its cutoff."""

    place: str
    atoms: Key
    cutoff: float
    spline_end: float


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


def idle_ends(places: Iterable[Place]) -> list[Idle]:
    """Terms whose bonds go on where their splines have ended, and nothing else is left; each once."""
    found: dict[str, Idle] = {}
    for place in places:
        end = _spline_end(place)
        cutoff = min(place.ends.values(), default=0.0)
        if place.place not in found and end is not None and end < _WORTH * cutoff:
            beyond = [
                _values(place, place.spread(_POINTS), name, r)
                for name in place.ends
                for r in np.linspace(end, cutoff * _BEFORE, 9)
            ]
            if not np.any(beyond):
                found[place.place] = Idle(place.place, place.atoms, cutoff, end)
    return list(found.values())


def _spline_end(place: Place) -> float | None:
    """Where the last of the splines of a distance ends."""
    return max((shape.high for shape in place.sampled.splines if shape.ends_at_zero), default=None)


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
    end = _spline_end(place)
    return Jump(
        place.place, place.atoms, cutoff, jump, bend, end if end is not None and end > cutoff else None
    )


def _values(place: Place, others: dict[str, FloatArray], name: str, r: float) -> FloatArray:
    return place.sampled(place.atoms, {**others, name: np.full(_POINTS, r)}).values
