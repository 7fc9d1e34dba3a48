"""Derivatives by the coefficients of splines, of which only four are not zero for any bond.

Where a spline is evaluated at one place for each bond, it gets four columns, for the local coefficients, in
place of one for each coefficient; which coefficients they are, the kernel finds out for every bond. Splines
elsewhere have a column for each coefficient, like other parameters.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from hpcfit.formula.differentiate import derivative
from hpcfit.formula.node import Node
from hpcfit.formula.spline_nodes import CUBICS, LOCAL, interval, local_coefficient
from hpcfit.formula.walk import first_met
from hpcfit.formula.written import WrittenName
from hpcfit.kernels.symbols import Symbols


@dataclass(frozen=True)
class LocalSpline:
    """A spline at one place.

    Attributes:
        names: its parameters in order.
        kind: knots, whether it ends at zero, and whether it is monotonic, as text (`SplineShape.kind`).
        interval: in which interval of the knots the place is.
        coefficients: symbols of those that count there.
    """

    names: tuple[WrittenName, ...]
    kind: str
    interval: Node
    coefficients: tuple[Node, ...]

    @property
    def knots(self) -> int:
        """Their number."""
        return int(self.kind.split(",")[0])


@dataclass(frozen=True)
class LocalColumns:
    """For each of the local coefficients of a spline, half the energy of a bond and its slope."""

    spline: LocalSpline
    energies: tuple[Node, ...]
    slopes: tuple[Node, ...]


@dataclass(frozen=True)
class LocalValues:
    """For each of the local coefficients of a spline, derivatives of some expressions, (4,) each."""

    spline: LocalSpline
    values: tuple[tuple[Node, ...], ...]


def local_splines(symbols: Symbols, nodes: Sequence[Node], active: Collection[str]) -> list[LocalSpline]:
    """The splines with active coefficients in expressions, each for each place where it is evaluated."""
    graph = symbols.graph
    found: dict[tuple[Node, Node], LocalSpline] = {}
    for node in first_met(nodes, lambda node: node.args):
        if node.op not in CUBICS or node.args[1].op != "block":
            continue
        x, block = node.args[:2]
        names = tuple(symbols.written[argument] for argument in block.args)
        if any(name.parameter in active for name in names):
            coefficients = tuple(local_coefficient(graph, x, block, m) for m in range(LOCAL))
            spline = LocalSpline(names, str(block.value), interval(graph, node), coefficients)
            found.setdefault((x, block), spline)
    return list(found.values())


def local_values(symbols: Symbols, nodes: Sequence[Node], active: Collection[str]) -> tuple[LocalValues, ...]:
    """Derivatives of expressions by the local coefficients of all splines in them."""
    found = []
    for spline in local_splines(symbols, nodes, active):
        columns = []
        for node in nodes:
            columns.append(tuple(derivative(symbols.graph, node, each) for each in spline.coefficients))
        found.append(LocalValues(spline, tuple(columns)))
    return tuple(found)


def without_local(
    symbols: Symbols, found: Iterable[Node], splines: Iterable[LocalValues | LocalColumns]
) -> Iterator[Node]:
    """Symbols of parameters but for the coefficients that splines have local columns for."""
    local = {name for each in splines for name in each.spline.names}
    return (symbol for symbol in found if symbols.written[symbol] not in local)


def local_columns(
    symbols: Symbols, energy: Node, slope: Node, active: Collection[str]
) -> Iterator[LocalColumns]:
    """The columns of all local coefficients in the energy of a bond and its slope."""
    graph = symbols.graph
    half = graph.number(0.5)
    for spline in local_splines(symbols, (energy, slope), active):
        energies, slopes = [], []
        for coefficient in spline.coefficients:
            known: dict[Node, Node] = {}
            energies.append(graph.mul(half, derivative(graph, energy, coefficient, known)))
            slopes.append(derivative(graph, slope, coefficient, known))
        yield LocalColumns(spline, tuple(energies), tuple(slopes))
