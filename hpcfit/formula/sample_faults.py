"""Whether the terms of a potential have values where atoms can be, before anything is fitted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from hpcfit.formula.sample_points import Place, Sweep
from hpcfit.formula.sampled import Divisor, Samples

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
        for sweep in place.sweeps:
            fault = _fault(place, sweep)
            if fault is not None:
                told.add(place.place)
                yield place.place, fault
                break


def _fault(place: Place, sweep: Sweep) -> str | None:
    samples = place.sampled(place.atoms, sweep.variables)
    values = samples.values
    # First what says more than that there is no value.
    for number, divisor in sorted(enumerate(samples.divisors), key=lambda item: item[1].does == Divisor.does):
        for line, k in _suspicions(np.broadcast_to(divisor.values, values.shape)):
            zero = _zero(place, sweep, line, number, k)
            if zero is not None and _is_pole(place, sweep, line, zero, values[line], k):
                return f"{divisor.does} at {_where(place, sweep, line, zero)}"
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        line, k = map(int, bad[0])
        return f"{Divisor.does} at {_where(place, sweep, line, float(sweep.points[k]))}"
    return None


def _suspicions(divisor: FloatArray) -> Iterator[tuple[int, int]]:
    """(line, point) where a denominator changes its sign, or comes close to zero and goes away again."""
    size = np.abs(divisor)
    with np.errstate(invalid="ignore"):
        before, here, after = size[:, :-2], size[:, 1:-1], size[:, 2:]
        least = (here <= before) & (here <= after) & ((here < before) | (here < after))
        turns = np.sign(divisor[:, :-2]) != np.sign(divisor[:, 2:])
        close = here < _NEAR_ZERO * size.max(axis=1, keepdims=True)
    for line, k in np.argwhere(least & (turns | close)):
        yield int(line), int(k) + 1


def _on_line(place: Place, sweep: Sweep, line: int, points: FloatArray) -> Samples:
    others = {name: np.full(len(points), value) for name, value in sweep.at(line).items()}
    return place.sampled(place.atoms, {**others, sweep.along: points})


def _zero(place: Place, sweep: Sweep, line: int, number: int, k: int) -> float | None:
    """Where the denominator is zero near point k of a line, or None: it stays away from zero."""
    low, high = float(sweep.points[k - 1]), float(sweep.points[k + 1])
    around = 0.0
    for _ in range(_ZOOMS):
        points = np.linspace(low, high, _ZOOM)
        size = np.abs(np.broadcast_to(_on_line(place, sweep, line, points).divisors[number].values, _ZOOM))
        around = around or float(size.max())
        j = int(np.argmin(size))
        low, high = float(points[max(j - 1, 0)]), float(points[min(j + 1, _ZOOM - 1)])
    return float(points[j]) if size[j] <= _ZERO * around else None


def _is_pole(place: Place, sweep: Sweep, line: int, zero: float, values: FloatArray, k: int) -> bool:
    """Whether the term itself is infinite, or not a number, at a zero of a denominator."""
    step = 1e-7 * float(sweep.points[-1] - sweep.points[0])
    near = np.abs(_on_line(place, sweep, line, zero + step * np.array([-1.0, 0.0, 1.0])).values)
    if not np.isfinite(near).all():
        return True
    finite = np.abs(values[np.isfinite(values)])
    around = max(float(np.max(np.abs(values[[k - 1, k + 1]]))), float(np.median(finite)))
    return bool(near.max() > _POLE * around)


def _where(place: Place, sweep: Sweep, line: int, value: float) -> str:
    """ "r = 2.5 angstrom (Si-C)"."""
    found = {**sweep.at(line), sweep.along: value}
    named = [f"{name} = {found[name]:.6g}{' angstrom' * (name in place.ends)}" for name in place.ranges]
    kind = f" ({'-'.join(place.atoms)})" if len(set(place.atoms)) > 1 else ""
    return ", ".join(named) + kind
