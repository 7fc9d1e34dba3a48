"""Functions given by numbers instead of a formula: cubics between equidistant points.

A potential that has one named phi writes table(r, phi) for its value at r. It has no parameters and is
never fitted. In expressions it is a spline (`spline_nodes`) whose polynomials are constant: their block has
as its only argument a symbol, their place among the constants of the model, which like that of a parameter
says by its atoms of which kind of bond they are.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import KernelError
from hpcfit.formula.graph import Graph
from hpcfit.formula.keys import Key, Kind, is_ordered, key_text
from hpcfit.formula.node import Node
from hpcfit.formula.spline_nodes import CUBICS

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Tabulated:
    """A function, or one of each kind of bond or species.

    Attributes:
        kind: as of a parameter.
        low: the first point.
        interval: distance of points.
        pieces: for each key, coefficients of 1, t, t**2, t**3 for what is below the first point, each
            interval, and what is above the last point, shape (points + 1, 4). In row i, t is
            (x - low)/interval + 1 - i.
        content: what tells it from other functions of the same name; made of the pieces.
    """

    name: str
    kind: Kind
    low: float
    interval: float
    pieces: Mapping[Key, FloatArray] = field(compare=False, repr=False)
    content: str = field(init=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha256()
        for key, rows in sorted(self.pieces.items()):
            digest.update(f"{key_text(key)} {rows.shape} {self.low!r} {self.interval!r}".encode())
            digest.update(np.ascontiguousarray(rows, dtype=np.float64).tobytes())
        object.__setattr__(self, "content", digest.hexdigest()[:16])

    @property
    def points(self) -> int:
        """Number of points, the same for all keys."""
        return len(next(iter(self.pieces.values()))) - 1

    def of(self, key: Key) -> FloatArray:
        """The pieces for a key, in any order of its unordered species; KernelError when there are none."""
        spellings = [key] if is_ordered(self.kind) else [key, (*key[:-2], *reversed(key[-2:]))]
        for spelling in spellings:
            if spelling in self.pieces:
                return self.pieces[spelling]
        raise KernelError(f"the table {self.name} has no function for {key_text(key)}")

    def value(self, key: Key, x: FloatArray) -> FloatArray:
        """The function of a key at `x` (any shape)."""
        u = (x - self.low) / self.interval
        row = np.nan_to_num(np.clip(np.floor(u) + 1.0, 0.0, self.points)).astype(np.int64)
        t = u - (row - 1.0)
        a = np.moveaxis(self.of(key)[row], -1, 0)
        return np.asarray(a[0] + t * (a[1] + t * (a[2] + t * a[3])))


def table_calls(tree: ast.expr) -> Iterator[tuple[ast.Call, str]]:
    """Each call of `table` in a formula that was read, and the name that it gives."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "table":
            name = node.args[1]
            assert isinstance(name, ast.Name)
            yield node, name.id


def place_name(table: str) -> str:
    """What the place of a table's polynomials is called among parameters, which have no such names."""
    return f"{table}[]"


def fixed_block(graph: Graph, place: Node, table: Tabulated) -> Node:
    """The block of a table's polynomials, whose place among the constants is the symbol `place`."""
    return graph.valued("fixed", (place,), f"{table.points},{table.low!r},{table.interval!r}")


def tabulated(graph: Graph, x: Node, of: Node) -> Node:
    """The value at x of the table of a block."""
    points, low, interval = map(float, str(of.value).split(","))
    return graph.function(CUBICS[0], x, of, *map(graph.number, (low, 1.0 / interval, points)))
