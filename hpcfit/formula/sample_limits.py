"""Whether what a potential begins at is below what it ends at: limits of switches, lengths in their order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product

import numpy as np
from numpy.typing import NDArray

from hpcfit.formula.potential import BoundPotential
from hpcfit.formula.sample_points import Place
from hpcfit.formula.sampled import Limits, SampledTerm

FloatArray = NDArray[np.float64]

_POINTS = 64


def limit_faults(places: Iterable[Place]) -> Iterator[tuple[str, str]]:
    """(place, sentence) of each term with a switch that does not begin below its end; one for each term."""
    told: set[str] = set()
    for place in places:
        if place.place in told:
            continue
        for limits in place.sampled(place.atoms, place.spread(_POINTS)).limits:
            sentence = _sentence(limits)
            if sentence is not None:
                kind = f" for {'-'.join(place.atoms)}" if len(set(place.atoms)) > 1 else ""
                text = f"{limits.function} {sentence[0]}{kind}, at the initial values. {sentence[1]}"
                if text not in told:  # several terms may have the same named part
                    yield place.place, text
                told |= {place.place, text}
                break


def _sentence(limits: Limits) -> tuple[str, str] | None:
    """(fault, advice), or None where the limits are in order."""
    wrong = np.argwhere(limits.used & (limits.low >= limits.high))
    if not len(wrong):
        return None
    low, high = (float(each[tuple(wrong[0])]) for each in (limits.low, limits.high))
    if low == high:
        return f"begins and ends at {low:g}", "Let its first limit be below the second."
    advice = "Write its two limits the other way round, or change their values."
    return f"begins at {low:g} and ends at {high:g}", advice


def order_faults(potential: BoundPotential, values: FloatArray) -> Iterator[tuple[str, str]]:
    """(the first, sentence that goes on from it) of two lengths that a potential wants in another order.

    Args:
        values: of the potential's instances, shape (V,).
    """
    formula = potential.formula
    for pair in formula.rising:
        first, second = (SampledTerm(potential, "pair", text, values, formula.name) for text in pair)
        other = pair[1] if pair[1].isidentifier() else "the cutoff" if pair[1] in formula.cutoffs else pair[1]
        for atoms in product(potential.species, repeat=2):
            low, high = first.at(atoms, {}), second.at(atoms, {})
            if low >= high:
                kind = f" for {'-'.join(atoms)}" if len(set(atoms)) > 1 else ""
                yield (
                    pair[0],
                    (
                        f" is {low:g}{kind} and must be below {other}, which is {high:g}, at the initial "
                        "values. Change one of them."
                    ),
                )
                break
