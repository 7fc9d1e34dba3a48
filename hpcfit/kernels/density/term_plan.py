"""What the kernels compute for terms that contain densities: U(r, rho), W(r1, r2, costheta, rho).

Densities are in them as functions S_k of the atom (atom_functions.py). At fixed S they are terms like
others, but that the energy of a bond differs from end to end, so that its gradient goes to both atoms
explicitly. What is more:

    sums     are e_k, and with a Jacobian e_k,theta and e_kl, of each atom
    probes   gradients dg_x/dS_k of each bond: a parameter that S of the atom responds to moves every
             bond's gradient by sum_k (dg_x/dS_k)(dS_k/dtheta)
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import combinations_with_replacement

from hpcfit.formula.differentiate import derivative
from hpcfit.formula.graph import Graph
from hpcfit.formula.node import Node, Part, Uses
from hpcfit.formula.stage import frontier
from hpcfit.formula.written import WrittenName
from hpcfit.kernels.density.atom_functions import AtomFunctions
from hpcfit.kernels.environment.factor import factored
from hpcfit.kernels.plan import TripletColumn, TripletPlan, is_late, triplet_nodes
from hpcfit.kernels.symbols import Symbols, active_symbols
from hpcfit.kernels.terms import BondSet


@dataclass(frozen=True)
class TermColumn:
    """The value, or a derivative by a parameter, by functions S_k of the atom, or by both.

    Attributes:
        by: k of up to two functions.
        energy: of U/2; `slope`: of 1/2 dU/dr. Zero where there is none, or where only sums count.
        triplet: its column in the triplet plan; None without.
        symmetric: the bond has the same slope from its other end, and nothing goes to the neighbour; `slope`
            is then of dU/dr.
    """

    name: WrittenName | None
    by: tuple[int, ...]
    energy: Node
    slope: Node
    triplet: int | None
    symmetric: bool = False

    @property
    def of_far_kind(self) -> bool:
        """Which column it is depends on the species of bond 2."""
        return self.name is not None and 2 in self.name.slots


@dataclass(frozen=True)
class DensityTermPlan:
    """Everything the printers need to know about one bond set with densities in one mode.

    Attributes:
        forces: columns of energies and forces (in the order of `_Planner._order`).
        sums: columns that are summed for each atom, energies alone but for the `probes` among them.
        probes: k of the functions whose column has gradients.
        stored: nodes of bond 1 that the triplet loop reads.
        bond_table, triplet_table: parameter expressions per pair of species (the cutoff first) and triplet.
    """

    bonds: BondSet
    functions: AtomFunctions
    forces: tuple[TermColumn, ...]
    sums: tuple[TermColumn, ...]
    probes: tuple[int, ...]
    triplet: TripletPlan
    stored: tuple[Node, ...]
    bond_table: tuple[Node, ...]
    triplet_table: tuple[Node, ...]

    @property
    def symbols(self) -> Symbols:
        return self.bonds.symbols

    @property
    def graph(self) -> Graph:
        return self.bonds.symbols.graph


def density_term_plan(
    bonds: BondSet, functions: AtomFunctions, active: Collection[str], probing: bool
) -> DensityTermPlan:
    """The plan for derivatives by the parameters named `active` (none: values only).

    `bonds` is written with the symbols of the functions. `probing`: these depend on active parameters.
    """
    return _Planner(bonds, functions, active, probing).plan()


#: U/2, its slope, W/2, dW/dr1, dW/dcostheta
_Parts = tuple[Node, Node, Node, Node, Node]


@dataclass(frozen=True)
class _Wanted:
    """A column before its triplet sums are taken apart."""

    name: WrittenName | None
    by: tuple[int, ...]
    parts: _Parts


class _Planner:
    def __init__(
        self,
        bonds: BondSet,
        functions: AtomFunctions,
        active: Collection[str],
        probing: bool,
    ) -> None:
        self.bonds = bonds
        self.functions = functions
        self.symbols = symbols = bonds.symbols
        self.graph = graph = symbols.graph
        self.probing = probing
        half = graph.number(0.5)
        pair = graph.mul(half, bonds.pair or graph.zero)
        triplet = bonds.triplet or graph.zero
        self.parts = (
            pair,
            derivative(graph, pair, symbols.r1),
            graph.mul(half, triplet),
            derivative(graph, triplet, symbols.r1),
            derivative(graph, triplet, symbols.costheta),
        )
        self.active = active_symbols(symbols, [pair, triplet], active)

    def plan(self) -> DensityTermPlan:
        """Columns, then what they are made of, stage by stage."""
        graph = self.graph
        wanted = list(self._wanted())
        triplet, columns = self._columns(wanted)
        forces = tuple(sorted((column for column in columns if not column.by), key=self._order))
        sums = tuple(column for column in columns if column.by)
        loops = triplet_nodes(triplet)
        stored = self._stored(loops)
        outputs = [node for column in columns for node in (column.energy, column.slope)] + list(stored)
        outputs.append(graph.inverse(self.symbols.r1))
        in_bonds = frontier(graph, outputs, _has_variables)
        in_loops = frontier(graph, loops, lambda node: is_late(node) or node.part is Part.SITE)
        probes = tuple(column.by[0] for column in sums if len(column.by) == 1 and column.name is None)
        return DensityTermPlan(
            self.bonds,
            self.functions,
            forces,
            sums,
            probes if self.probing else (),
            triplet,
            stored,
            tuple(dict.fromkeys([self.bonds.cutoff, *in_bonds])),
            tuple(node for node in in_loops if not _has_variables(node)),
        )

    def _order(self, column: TermColumn) -> tuple[bool, ...]:
        """Symmetric columns, the value, the others, each first with slopes; those of triplets' kinds last."""
        without = column.slope is self.graph.zero
        return column.of_far_kind, not column.symmetric, column.name is not None, without

    def _wanted(self) -> Iterator[_Wanted]:
        """The columns that are not zero."""
        yield _Wanted(None, (), self.parts)
        values = self.functions.values
        slopes = {k: self._by(self.parts, value) for k, value in enumerate(values)}
        for symbol in self.active:
            name = self.symbols.written[symbol]
            yield _Wanted(name, (), self._by(self.parts, symbol))
            for k, parts in slopes.items():
                if self._is_there(energies := self._energies(self._by(parts, symbol))):
                    yield _Wanted(name, (k,), energies)
        for k, parts in slopes.items():
            if self._is_there(parts):
                yield _Wanted(None, (k,), parts if self.probing else self._energies(parts))
        for k, m in combinations_with_replacement(slopes, 2) if self.probing else ():
            if self._is_there(energies := self._energies(self._by(slopes[k], values[m]))):
                yield _Wanted(None, (k, m), energies)

    def _is_there(self, parts: _Parts) -> bool:
        return any(part is not self.graph.zero for part in parts)

    def _by(self, parts: _Parts, symbol: Node) -> _Parts:
        known: dict[Node, Node] = {}
        a, b, c, d, e = (derivative(self.graph, part, symbol, known) for part in parts)
        return a, b, c, d, e

    def _energies(self, parts: _Parts) -> _Parts:
        zero = self.graph.zero
        return parts[0], zero, parts[2], zero, zero

    def _columns(self, wanted: list[_Wanted]) -> tuple[TripletPlan, list[TermColumn]]:
        graph, plan = self.graph, TripletPlan()
        in_triplets = [each for each in wanted if any(part is not graph.zero for part in each.parts[2:])]
        scalars = factored(
            graph,
            [part for each in in_triplets for part in each.parts[2:4]],
            plan.scalars,
        )
        vectors = factored(graph, [each.parts[4] for each in in_triplets], plan.vectors)
        for k, each in enumerate(in_triplets):
            plan.columns.append(TripletColumn(each.name, scalars[2 * k], scalars[2 * k + 1], vectors[k]))
        places = {id(each): k for k, each in enumerate(in_triplets)}
        return plan, [self._column(each, places.get(id(each))) for each in wanted]

    def _column(self, each: _Wanted, triplet: int | None) -> TermColumn:
        energy, slope = each.parts[:2]
        alike = self.symbols.reverse(self.bonds.cutoff) is self.bonds.cutoff
        alike = alike and not slope.uses & Uses.DENSITY and self.symbols.reverse(slope) is slope
        symmetric = alike and triplet is None and not each.by and each.name is not None
        slope = self.graph.mul(self.graph.number(2.0), slope) if symmetric else slope
        return TermColumn(each.name, each.by, energy, slope, triplet, symmetric)

    def _stored(self, loops: list[Node]) -> tuple[Node, ...]:
        """What the triplet loop needs of single bonds, all seen as bond 1."""
        if self.bonds.triplet is None:
            return ()
        nodes = [self.graph.inverse(self.symbols.r1)]
        for node in frontier(self.graph, loops, is_late):
            if node.part in (Part.BOND_1, Part.BOND_2):
                nodes.append(node if node.part is Part.BOND_1 else self.symbols.exchange(node))
        return tuple(node for node in dict.fromkeys(nodes) if node is not self.symbols.r1)


def _has_variables(node: Node) -> bool:
    return bool(node.uses & Uses.VARIABLES)
