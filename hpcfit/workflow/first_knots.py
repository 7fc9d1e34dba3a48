"""Splines that begin above the smallest distances of the data, where they are straight lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hpcfit.formula.sample_points import Place
from hpcfit.workflow.closest import ClosestApproach


def late_splines(places: Iterable[Place], closest: ClosestApproach) -> Iterator[tuple[str, str]]:
    """(place, sentence) for each term whose splines of a distance begin too late, once."""
    told = set()
    for place in places:
        first = max((shape.low for shape in place.sampled.splines if shape.ends_at_zero), default=0.0)
        centre, *others = place.atoms
        distance = min((closest.in_data(centre, other) for other in others), default=first)
        if distance >= first or place.place in told:
            continue
        told.add(place.place)
        kinds = f" {'-'.join(place.atoms)}" if len(set(place.atoms)) > 1 else ""
        yield (
            place.place,
            f" has splines that begin at {first:g} angstrom, while{kinds} atoms of the data come as close as "
            f"{distance:.4g} angstrom: below their first knot splines are straight lines. Let them begin two "
            "knots below the smallest distance.",
        )
