"""What the loops of a bond environment add up: products whose factors of bond x alone stand outside.

The sums of a triplet energy are either all multiplied out or not at all (plan.py). Here the columns have
one sum in common, zeta's own, beside terms that no other column has. So a sum is taken apart where
several columns share it, and what is left of a column stays together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from hpcfit.formula.graph import Graph
from hpcfit.formula.node import Node
from hpcfit.kernels.factor import Product, products_of

#: (what depends on bond x alone, index of the sum that it multiplies)
Products = tuple[tuple[Node, int], ...]
#: a sum that so many columns share is worth more than what it costs
_SHARED = 3


def factored(graph: Graph, outputs: Iterable[Node], sums: list[Node]) -> list[Products]:
    """Each output as factors times entries of `sums`, to which what must be accumulated is added."""
    found = [products_of(graph, output) for output in outputs]
    alone = {products[0][1] for products in found if len(products) == 1}
    uses = Counter(inner for products in found for _, inner in products)
    shared = alone | {inner for inner, count in uses.items() if count >= _SHARED}
    kept = [_kept_together(graph, products, shared) for products in found]
    place = {inner: k for k, inner in enumerate(sums)}
    for products in kept:
        for _, inner in products:
            place.setdefault(inner, len(place))
    sums[:] = place
    return [tuple((outer, place[inner]) for outer, inner in products) for products in kept]


def _kept_together(graph: Graph, products: list[Product], shared: set[Node]) -> list[Product]:
    """The products with shared sums, and the sum of the others."""
    others = [product for product in products if product[1] not in shared]
    if len(others) < 2:
        return products
    rest = graph.sum(graph.mul(outer, inner) for outer, inner in others)
    return [*(product for product in products if product[1] in shared), (graph.one, rest)]
