"""Walking a graph without recursion: a formula of a thousand terms is a thousand nodes deep."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, MutableMapping
from typing import TypeVar

from hpcfit.formula.node import Node

T = TypeVar("T")


def settle(
    root: Node,
    known: MutableMapping[Node, T],
    needs: Callable[[Node], Iterable[Node]],
    compute: Callable[[Node], T],
) -> T:
    """known[root], after everything it `needs`, each once and in the order in which recursion would go."""
    pending = [root]
    while pending:
        node = pending[-1]
        if node not in known:
            missing = [other for other in needs(node) if other not in known]
            if missing:
                pending += reversed(missing)
                continue
            known[node] = compute(node)
        pending.pop()
    return known[root]


def first_met(
    roots: Iterable[Node], further: Callable[[Node], Iterable[Node]], passed: Container[Node] = ()
) -> Iterator[Node]:
    """Every node that is reached from the roots, once, before those reached from it; not what is `passed`."""
    seen: set[Node] = set()
    pending = list(reversed(list(roots)))
    while pending:
        node = pending.pop()
        if node not in seen and node not in passed:
            seen.add(node)
            yield node
            pending += reversed(list(further(node)))
