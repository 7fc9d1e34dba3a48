"""The order in which ties are evaluated, and the circles that have none."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from hpcfit.problem.parameters.tie import Tie


def order_of_ties(ties: Mapping[int, Tie]) -> tuple[tuple[int, ...], list[list[int]]]:
    """Positions of tied parameters, each after those it depends on, and circles of ties.

    A circle is a list of positions, each of which depends on the next and the last on the first; it begins
    with its first parameter. Where there is one, the order lacks its parameters.
    """
    uses = {position: [other for other in tie.uses if other in ties] for position, tie in ties.items()}
    circles: list[list[int]] = []
    while True:
        try:
            return tuple(TopologicalSorter(uses).static_order()), circles
        except CycleError as error:
            found = error.args[1][:0:-1]  # from a parameter to those it depends on, the first one not again
            first = found.index(min(found))
            circle = [*found[first:], *found[:first]]
            circles.append(circle)
            uses = {
                position: [other for other in others if other not in circle]
                for position, others in uses.items()
                if position not in circle
            }
