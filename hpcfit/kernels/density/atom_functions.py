"""What pair and triplet terms contain of the densities of their atom: functions of one atom.

EDIP's triplets contain tau(Z) and exp(-mu Z) of the coordination Z. They are computed once per atom, and
the terms see them as symbols S_k: the derivatives of bonds and triplets are taken by these, and what
densities and parameters have to do with S_k is left to the atom. A parameter that occurs in S_k alone, such
as mu, costs nothing in the loops over triplets.

With e the energy of the terms, S = S(c, theta) and e_k, e_kl its derivatives by S,

    A_c       = F_c + sum_k e_k S_k,c
    A_cd      = F_cd + sum_k e_k S_k,cd + sum_kl e_kl S_k,c S_l,d
    A_c,theta = F_c,theta + sum_k e_k S_k,c theta + sum_kl e_kl S_k,c S_l,theta + sum_k e_k,theta S_k,c
    dE/dtheta = F_theta + sum_k e_k S_k,theta                                   (at fixed c)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement

from hpcfit.formula.differentiate import derivative
from hpcfit.formula.graph import Graph
from hpcfit.formula.node import Node, Part, Uses
from hpcfit.formula.substitute import substitute
from hpcfit.formula.walk import first_met
from hpcfit.kernels.symbols import Symbols, active_symbols
from hpcfit.kernels.terms import BondSet

#: if a formula has more, the densities themselves take their place; the number of e_kl grows with its square
MOST_FUNCTIONS = 6


@dataclass(frozen=True)
class AtomFunctions:
    """The functions S_k of a potential.

    Attributes:
        values: the symbols of S_k; `nodes` what they stand for.
        slopes: the symbols of e_k.
        curvatures: the symbols of e_kl, by k <= l.
    """

    symbols: Symbols
    values: tuple[Node, ...]
    nodes: tuple[Node, ...]
    slopes: tuple[Node, ...]
    curvatures: dict[tuple[int, ...], Node]

    @property
    def graph(self) -> Graph:
        return self.symbols.graph

    def slope_by(self, component: Node) -> Node:
        """sum_k e_k S_k,c."""
        return self._sum(derivative(self.graph, node, component) for node in self.nodes)

    def curvature_by(self, component: Node, other: Node) -> Node:
        """sum_k e_k S_k,cd + sum_kl e_kl S_k,c S_l,d, where `other` may be a parameter."""
        graph = self.graph
        first = [derivative(graph, node, component) for node in self.nodes]
        second = [derivative(graph, node, other) for node in self.nodes]
        products = [
            graph.mul(symbol, graph.mul(first[a], second[b]))
            for pair, symbol in self.curvatures.items()
            for a, b in dict.fromkeys([pair, pair[::-1]])
        ]
        return graph.sum([self._sum(derivative(graph, node, other) for node in first), *products])

    def responding(self, active: Collection[str]) -> tuple[Node, ...]:
        """Symbols of active parameters that change a function."""
        found = active_symbols(self.symbols, self.nodes, active)
        return tuple(symbol for symbol in found if any(self._changes(symbol)))

    def _changes(self, symbol: Node) -> Iterator[bool]:
        return (derivative(self.graph, node, symbol) is not self.graph.zero for node in self.nodes)

    def _sum(self, factors: Iterable[Node]) -> Node:
        graph = self.graph
        return graph.sum(graph.mul(e, factor) for e, factor in zip(self.slopes, factors, strict=True))


def atom_functions(symbols: Symbols, sets: Sequence[BondSet]) -> tuple[AtomFunctions, list[BondSet]]:
    """The functions of the terms of these sets, and the sets written with their symbols."""
    graph = symbols.graph
    terms = [term for bonds in sets for term in (bonds.pair, bonds.triplet) if term is not None]
    nodes = _functions_in(terms, _goes_on)
    if len(nodes) > MOST_FUNCTIONS:
        densities = set(symbols.invariants.values())
        nodes = _functions_in(terms, lambda node: node not in densities)
    values = [graph.symbol(f"S{k}", Uses.DENSITY) for k in range(len(nodes))]
    known = dict(zip(nodes, values, strict=True))

    def seen(term: Node | None) -> Node | None:
        return None if term is None else substitute(graph, term, {}, known)

    found = AtomFunctions(
        symbols,
        tuple(values),
        tuple(nodes),
        tuple(graph.symbol(f"e{k}", Uses.DENSITY) for k in range(len(nodes))),
        {
            (k, m): graph.symbol(f"e{k}.{m}", Uses.DENSITY)
            for k, m in combinations_with_replacement(range(len(nodes)), 2)
        },
    )
    return found, [replace(each, pair=seen(each.pair), triplet=seen(each.triplet)) for each in sets]


def _functions_in(terms: Iterable[Node], goes_on: Callable[[Node], bool]) -> list[Node]:
    """The nodes made of densities where going on from the terms into their parts ends."""
    met = first_met(terms, lambda node: node.args if goes_on(node) else ())
    return [node for node in met if node.uses & Uses.DENSITY and not goes_on(node)]


def _goes_on(node: Node) -> bool:
    """Whether a node is no function of an atom, or a product with a parameter, which stays outside."""
    return node.part > Part.SITE or (node.part is Part.SITE and len(node.factors) > 1)
