"""What a summand has in common for all bonds 2 taken out of it: sums of (bond 1 alone) * (the rest).

A product of sums is multiplied out only as far as that stays small. The number of its products grows
exponentially with that of its factors, and what is not multiplied out is accumulated as it is.
"""

from __future__ import annotations

from hpcfit.formula.graph import Graph
from hpcfit.formula.node import Node, Part, Uses, factors_of, terms_of

Product = tuple[Node, Node]
#: products that a node may become; a kernel for as many sums would gain nothing
MOST_PRODUCTS = 64


def products_of(graph: Graph, node: Node) -> list[Product]:
    """A node as a sum of (bond 1 only) * (the rest), merged by the rest."""
    merged: dict[Node, Node] = {}
    for outer, inner in _Splitter(graph).split(node):
        merged[inner] = graph.add(merged.get(inner, graph.zero), outer)
    return [(outer, inner) for inner, outer in merged.items() if outer is not graph.zero]


class _Splitter:
    """Splits the nodes of a graph, each once."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.known: dict[Node, list[Product]] = {}
        self.depth = 0

    def split(self, node: Node) -> list[Product]:
        if node not in self.known:
            whole = [(self.graph.one, node)]
            self.depth += 1
            # Nested deeper than anyone writes, which only named sub-expressions can be.
            found = whole if self.depth > MOST_PRODUCTS else self._split(node)
            self.depth -= 1
            self.known[node] = whole if len(found) > MOST_PRODUCTS else found
        return self.known[node]

    def _split(self, node: Node) -> list[Product]:
        one = self.graph.one
        if node is self.graph.zero:
            return []
        if node.part in (Part.NUMBER, Part.PARAMETERS, Part.SITE, Part.BOND_1, Part.LANE):
            return [(node, one)]
        if node.op == "add" and len(terms := terms_of(node)) > 1:
            parts = [product for term in terms for product in self.split(term)]
            return parts if any(outer.uses & Uses.VARIABLES for outer, _ in parts) else [(one, node)]
        products = [(one, one)]
        for factor in _flat_factors(node):
            found = [(one, factor)] if factor.op == "mul" or factor is node else self.split(factor)
            if len(products) * len(found) > MOST_PRODUCTS:
                return [(one, node)]
            products = [(self.graph.mul(a, c), self.graph.mul(b, d)) for a, b in products for c, d in found]
        return products


def _flat_factors(node: Node) -> list[Node]:
    """The factors of a product of products, from left to right."""
    found: list[Node] = []
    pending = [node]
    while pending:
        factor = pending.pop()
        if factor.op != "mul":
            found.append(factor)
            continue
        parts = list(factors_of(factor).values())
        pending += reversed(parts if len(parts) > 1 else factor.args)
    return found
