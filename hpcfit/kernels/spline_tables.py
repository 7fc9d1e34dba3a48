"""Generated code that makes the polynomials of splines from their coefficients, for each kind of bond."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hpcfit.formula.node import Node
from hpcfit.formula.stage import frontier
from hpcfit.kernels.symbols import Symbols

_BLOCKS = ("block", "unit", "fixed")


@dataclass
class SplineTables:
    """What the splines of one table of kinds need: numbers of their coefficients, and room in the table."""

    blocks: list[Node] = field(default_factory=list)
    #: symbols of the coefficients of one block after the other
    coefficients: list[Node] = field(default_factory=list)

    @classmethod
    def of(cls, symbols: Symbols, nodes: Sequence[Node]) -> tuple[list[Node], SplineTables]:
        """The symbols that expressions use as numbers, and the splines that they use."""
        leaves = frontier(symbols.graph, nodes, lambda node: node.op not in ("symbol", *_BLOCKS))
        blocks = [node for node in leaves if node.op in _BLOCKS]
        coefficients = [argument for node in blocks for argument in node.args]
        return [node for node in leaves if node.op == "symbol"], cls(blocks, coefficients)

    def room(self, n_kinds: int) -> int:
        """Numbers of the table that the polynomials of all kinds take."""
        return n_kinds * sum(map(_size, self.blocks))

    def lines(self, first_coefficient: int, first_entry: int, n_kinds: int) -> dict[Node, str]:
        """For each block the expression that fills its part of the table and gives its place.

        Args:
            first_coefficient: where in a kind's row of `numbers`, which starts at n, the coefficients are.
            first_entry: where in the table the polynomials of all kinds may lie.
        """
        found: dict[Node, str] = {}
        for node in self.blocks:
            shape = str(node.value).split(",")
            start = f"{first_entry} + {_size(node)} * kind"
            if node.op == "unit":
                found[node] = f"unit_rows({shape[3]}, {', '.join(shape[:3])}, table, {start})"
            elif node.op == "fixed":
                source = f"values, get(numbers, n + {first_coefficient})"
                found[node] = f"fixed_rows({source}, {_size(node)}, table, {start})"
            else:
                source = f"values, numbers, n + {first_coefficient}"
                found[node] = f"spline_rows({source}, {', '.join(shape)}, table, {start})"
            first_coefficient += len(node.args)
            first_entry += n_kinds * _size(node)
        return found


def _size(node: Node) -> int:
    return 4 * (int(str(node.value).split(",")[0]) + 1)
