"""Whether the terms of a potential have values where atoms can be, before anything is fitted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from hpcfit.formula.sample_points import Line, Place
from hpcfit.formula.sampled import Divisor

FloatArray = NDArray[np.float64]

#: a denominator that comes this close to zero beside its largest value may reach it
_NEAR_ZERO = 0.05
#: and is zero, when at its least it is this share of what it is around
_ZERO = 1e-9
#: points of a finer line through a suspicion, and how often that is repeated
_ZOOM, _ZOOMS = 65, 8
#: a value this much larger than its surroundings is that of a pole
_POLE = 1e3


def sample_faults(places: Iterable[Place]) -> Iterator[tuple[str, str]]:
    """(place, sentence) of each term that has no finite value somewhere; one for each term."""
    told: set[str] = set()
    for place in places:
        if place.place in told:
            continue
        for line in place.lines:
            fault = _fault(place, line)
            if fault is not None:
                told.add(place.place)
                yield place.place, fault
                break


def _fault(place: Place, line: Line) -> str | None:
    samples = place.sampled(place.atoms, line.variables)
    values = samples.values
    # First what says more than that there is no value.
    for number, divisor in sorted(enumerate(samples.divisors), key=lambda item: item[1].does == Divisor.does):
        for k in _suspicions(np.broadcast_to(divisor.values, values.shape)):
            found = _zero(place, line, number, k)
            if found is not None and _is_pole(place, line, found, k, values):
                return f"{divisor.does} at {_where(place, line, found)}"
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        found = float(line.variables[line.along][bad[0]])
        return f"{Divisor.does} at {_where(place, line, found)}"
    return None


def _suspicions(divisor: FloatArray) -> Iterator[int]:
    """Points beside which a denominator changes its sign, or comes close to zero and goes away again."""
    size = np.abs(divisor)
    if not np.isfinite(divisor).all() or size.max() == 0.0:
        return
    before, here, after = size[:-2], size[1:-1], size[2:]
    least = (here <= before) & (here <= after) & ((here < before) | (here < after))
    turns = np.sign(divisor[:-2]) != np.sign(divisor[2:])
    yield from (np.flatnonzero(least & (turns | (here < _NEAR_ZERO * size.max()))) + 1).tolist()


def _zero(place: Place, line: Line, number: int, k: int) -> float | None:
    """Where the denominator is zero near point k, or None: it stays away from zero."""
    x = line.variables[line.along]
    low, high = float(x[k - 1]), float(x[k + 1])
    sizes = []
    for _ in range(_ZOOMS):
        finer = line.zoomed(low, high, _ZOOM)
        divisor = place.sampled(place.atoms, finer.variables).divisors[number]
        size = np.abs(np.broadcast_to(divisor.values, _ZOOM))
        sizes.append(float(size.max()))
        j = int(np.argmin(size))
        x = finer.variables[line.along]
        low, high = float(x[max(j - 1, 0)]), float(x[min(j + 1, _ZOOM - 1)])
    return float(x[j]) if size[j] <= _ZERO * sizes[0] else None


def _is_pole(place: Place, line: Line, zero: float, k: int, values: FloatArray) -> bool:
    """Whether the term itself is infinite, or not a number, at a zero of a denominator."""
    x = line.variables[line.along]
    step = 1e-7 * float(x[-1] - x[0])
    near = line.zoomed(zero - step, zero + step, 3)
    found = np.abs(place.sampled(place.atoms, near.variables).values)
    if not np.isfinite(found).all():
        return True
    finite = np.abs(values[np.isfinite(values)])
    around = max(float(np.max(np.abs(values[[k - 1, k + 1]]))), float(np.median(finite)))
    return bool(found.max() > _POLE * around)


def _where(place: Place, line: Line, value: float) -> str:
    """ "r = 2.5 angstrom (Si-C)"."""
    named = []
    for name, others in line.variables.items():
        shown = value if name == line.along else float(others[0])
        named.append(f"{name} = {shown:.6g}{' angstrom' if name in place.ends else ''}")
    kind = f" ({'-'.join(place.atoms)})" if len(set(place.atoms)) > 1 else ""
    return ", ".join(named) + kind
