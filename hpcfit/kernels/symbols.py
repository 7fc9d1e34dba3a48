"""The symbols that a potential's formulas are made of: variables, densities, and parameters.

A parameter's symbol says which atoms make its key: 0 the centre, 1 and 2 the neighbours at the ends
of bonds 1 and 2. gamma of a pair term and gamma1 of a triplet term are one symbol: gamma of bond 1.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from hpcfit.formula.graph import Graph
from hpcfit.formula.keys import is_ordered
from hpcfit.formula.node import Node, Uses
from hpcfit.formula.potential import BoundPotential, Density
from hpcfit.formula.spline_calls import coefficient_name
from hpcfit.formula.spline_nodes import block
from hpcfit.formula.stage import frontier
from hpcfit.formula.substitute import substitute
from hpcfit.formula.tabulated import fixed_block, place_name
from hpcfit.formula.written import WrittenName

#: what the components of a density multiply f(r) with: products of these components of the bond vector
COMPONENTS: Mapping[str, tuple[str, ...]] = {
    "scalar": ("",),
    "vector": ("x", "y", "z"),
    "tensor": ("xx", "yy", "zz", "yz", "xz", "xy"),
}


class Symbols:
    """The symbols of one potential.

    Attributes:
        components: of each density by its name, sums over the bonds of an atom, in the order of
            `COMPONENTS`; a tensor's are l_xx, l_yy, l_zz, l_yz, l_xz, l_xy.
        tiny: a number that no sum notices, and that keeps functions of an empty sum (sqrt(rho)
            for an isolated atom) from having an infinite slope.
    """

    def __init__(self, potential: BoundPotential) -> None:
        formula = potential.formula
        self.graph = Graph()
        self.one_species = len(potential.species) == 1
        self.r1 = self.graph.symbol("r1", Uses.DISTANCE_1, positive=True)
        self.r2 = self.graph.symbol("r2", Uses.DISTANCE_2, positive=True)
        self.costheta = self.graph.symbol("costheta", Uses.ANGLE)
        self.written: dict[Node, WrittenName] = {}
        self._splines = formula.splines
        self._tables = {table.name: table for table in formula.tables}
        self._ordered = {spec.name: is_ordered(spec.kind) for spec in formula.parameters}
        self._ordered |= {place_name(table.name): is_ordered(table.kind) for table in formula.tables}
        self.components: dict[str, tuple[Node, ...]] = {
            density.name: tuple(
                self.graph.symbol(f"{density.name}.{component}", Uses.DENSITY)
                for component in COMPONENTS[density.rank]
            )
            for density in formula.densities
        }
        self.tiny = self.graph.symbol("tiny", Uses.DENSITY)
        self.invariants: dict[str, Node] = {
            name: node for density in formula.densities for name, node in self._invariants(density)
        }

    @property
    def all_components(self) -> tuple[Node, ...]:
        """The components of all densities, in the order of their rows in arrays."""
        return tuple(node for parts in self.components.values() for node in parts)

    def _invariants(self, density: Density) -> list[tuple[str, Node]]:
        """What formulas may use of a density."""
        graph, parts = self.graph, self.components[density.name]
        if density.rank == "scalar":
            return [(density.name, graph.add(parts[0], self.tiny))]
        squares = [graph.powi(part, 2) for part in parts]
        squared = graph.sum(squares[:3])
        if density.rank == "tensor":  # l_yz is also l_zy
            squared = graph.add(squared, graph.mul(graph.number(2.0), graph.sum(squares[3:])))
        found = [(f"{density.name}_squared", graph.add(squared, self.tiny))]
        return found + ([(f"{density.name}_trace", graph.sum(parts[:3]))] if density.rank == "tensor" else [])

    def parameter(self, name: WrittenName) -> Node:
        """The symbol of a parameter, the block of a spline or of a table.

        It is that for certain atoms (0 centre, 1, 2 neighbours).
        """
        if name.parameter in self._splines:
            shape = self._splines[name.parameter]
            names = [coefficient_name(name.parameter, k) for k in range(shape.n_parameters)]
            return block(self.graph, [self.parameter(WrittenName(each, name.slots)) for each in names], shape)
        if name.parameter in self._tables:
            place = self.parameter(WrittenName(place_name(name.parameter), name.slots))
            return fixed_block(self.graph, place, self._tables[name.parameter])
        written = self._canonical(name)
        uses = Uses.NOTHING
        if 1 in written.slots:
            uses = Uses.PARAMETER_12 if 2 in written.slots else Uses.PARAMETER_1
        elif 2 in written.slots:
            uses = Uses.PARAMETER_2
        node = self.graph.symbol(f"{name.parameter}[{','.join(map(str, written.slots))}]", uses)
        self.written[node] = written
        return node

    def is_ordered(self, name: WrittenName) -> bool:
        """Whether every spelling of the key of a parameter is a number of its own."""
        return self._ordered[name.parameter]

    def _canonical(self, name: WrittenName) -> WrittenName:
        slots = name.slots
        if self.one_species:
            slots = tuple(0 for _ in slots)
        elif not self._ordered[name.parameter]:  # of a pair both, of a triplet the neighbours
            slots = (*slots[:-2], *sorted(slots[-2:]))
        return WrittenName(name.parameter, slots)

    def swapped(self, name: WrittenName, first: int, second: int) -> WrittenName:
        """The parameter that takes a parameter's place when two atoms are exchanged."""
        other = {first: second, second: first}
        return self._canonical(WrittenName(name.parameter, tuple(other.get(k, k) for k in name.slots)))

    def exchange(self, node: Node) -> Node:
        """The expression with bonds 1 and 2 exchanged."""
        return self._substituted(node, {self.r1: self.r2, self.r2: self.r1}, 1, 2)

    def reverse(self, node: Node) -> Node:
        """An expression of bond 1 for the same bond seen from its neighbour."""
        return self._substituted(node, {}, 0, 1)

    def _substituted(self, node: Node, variables: Mapping[Node, Node], first: int, second: int) -> Node:
        replacement = dict(variables)
        for symbol, name in list(self.written.items()):
            other = self.swapped(name, first, second)
            if other != name:
                replacement[symbol] = self.parameter(other)
        return substitute(self.graph, node, replacement, {})


def active_symbols(symbols: Symbols, nodes: Iterable[Node], active: Collection[str]) -> list[Node]:
    """Symbols of the active parameters that expressions use, in order of first writing."""
    used = set(frontier(symbols.graph, nodes, lambda node: node.op != "symbol"))
    written = symbols.written.items()
    return [symbol for symbol, name in written if name.parameter in active and symbol in used]


def symbols_in(node: Node) -> set[Node]:
    """The symbols that an expression is made of."""
    pending, seen = [node], {node}
    while pending:
        for arg in pending.pop().args:
            if arg not in seen:
                seen.add(arg)
                pending.append(arg)
    return {found for found in seen if found.op == "symbol"}
