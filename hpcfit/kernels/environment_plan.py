"""What the kernels of a bond environment compute: zeta, the pair energies U(r, zeta), and the forces of both.

    zeta_x = sum_{y != x} G(x, y)          E = 1/2 sum_x U(r_x, zeta_x)

The forces of zeta are those of the triplet energy W(x, y) = B_x G(x, y) + B_y G(y, x) with
B_x = 1/2 dU/dzeta_x held fixed, and the derivatives of these forces by a parameter are those of
dW/dtheta with dB/dtheta as one more stored quantity of each bond. So what triplets have serves here too.

G(x, y) may depend on the species of y. With several species, such a parameter gives each bond x as many
derivatives dzeta_x/dtheta as there are species of y, and each moves the forces of all bonds. These are no
columns of W; the site stage makes them of dzeta/dD and C = 1/2 d2U/dzeta2 (`FarNames`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from hpcfit.formula.differentiate import derivative
from hpcfit.formula.graph import Graph
from hpcfit.formula.node import Node, Part, Uses
from hpcfit.formula.stage import frontier
from hpcfit.formula.substitute import substitute
from hpcfit.formula.written import WrittenName
from hpcfit.kernels.density_plan import active_symbols
from hpcfit.kernels.environment_factor import factored
from hpcfit.kernels.environment_term import EnvironmentTerm
from hpcfit.kernels.plan import TripletColumn, TripletPlan, is_late, triplet_nodes
from hpcfit.kernels.symbols import Symbols, symbols_in

_ENVIRONMENT = Uses.ENVIRONMENT_1 | Uses.ENVIRONMENT_2


@dataclass(frozen=True)
class BondColumn:
    """What a bond x has for one column: the value, or the derivative by a parameter of bond x.

    Attributes:
        energy: of U/2.
        slope: of 1/2 dU/dr, or where `symmetric` of dU/dr.
        symmetric: the neighbour has the same energy for this bond, and zeta has no part in it.
        zeta: symbol of zeta, or of dzeta/dtheta; None where that is 0.
        sums: its column in the sums of zeta.
        triplet: its column in the forces of zeta; None without.
    """

    name: WrittenName | None
    energy: Node
    slope: Node
    symmetric: bool
    zeta: Node | None
    sums: int | None
    triplet: int | None


@dataclass(frozen=True)
class FarNames:
    """Parameters of G that depend on the species of bond 2.

    Attributes:
        sums: each name with its column in the sums of zeta; those that depend on bond 1 too come first.
        weight: B; `curvature`: C; `steepening`: 1/2 d2U/dr dzeta.
        probe: column of dG(x, y)/dD_x in the forces of zeta.
        reverse: dG(y, x)/dr_x and dG(y, x)/dcostheta.
    """

    sums: tuple[tuple[WrittenName, int], ...]
    weight: Node
    curvature: Node
    steepening: Node
    probe: int
    reverse: tuple[Node, Node]


@dataclass(frozen=True)
class EnvironmentPlan:
    """Everything the printers need to know about a bond environment in one mode.

    Attributes:
        cutoff: of bonds 1 and bonds 2, the larger one.
        columns: of bonds; the value first.
        sums: the loop over y for zeta and its derivatives, as the energies of its columns.
        forces: the loop over y for W; the columns with an atom 2 belong to bonds y.
        far: None without such parameters.
        early: what is computed of single bonds before zeta.
        late: what the forces need of single bonds that is made of zeta, and of what it is made.
        exchanged: of r1, `early` and `late` by bond 1, the same of bond 2.
        bond_table: parameter expressions per pair of species; the first is the cutoff.
    """

    symbols: Symbols
    cutoff: Node
    columns: tuple[BondColumn, ...]
    sums: TripletPlan
    forces: TripletPlan
    far: FarNames | None
    early: tuple[Node, ...]
    late: Mapping[Node, Node]
    exchanged: Mapping[Node, Node]
    bond_table: tuple[Node, ...]
    triplet_table: tuple[Node, ...]

    @property
    def graph(self) -> Graph:
        return self.symbols.graph


def environment_plan(term: EnvironmentTerm, active: Collection[str]) -> EnvironmentPlan:
    """The plan for derivatives by the parameters named `active` (none: values only)."""
    return _Planner(term, active).plan()


@dataclass(frozen=True)
class _Change:
    """Derivatives by a parameter of bond 1: of U/2, of its slope, and a symbol for that of B."""

    energy: Node
    slope: Node
    weight: Node


class _Planner:
    """Collects what an `EnvironmentPlan` consists of.

    Attributes:
        zeta_slopes: dG/dtheta by the symbol of theta.
        zetas: symbols of dzeta/dtheta by those of theta, for parameters of bond 1.
        definitions: of the symbols that W has for B and its derivatives, of bond 1.
        partners: the symbol of bond 2 by that of bond 1, and the other way round.
    """

    def __init__(self, term: EnvironmentTerm, active: Collection[str]) -> None:
        self.term = term
        self.active = active
        self.symbols = symbols = term.symbols
        self.graph = graph = symbols.graph
        self.energy = graph.mul(graph.number(0.5), term.pair)
        self.slope = derivative(graph, self.energy, symbols.r1)
        self.weight = derivative(graph, self.energy, term.zeta)
        self.zeta_slopes = {
            node: derivative(graph, term.environment, node)
            for node in active_symbols(symbols, [term.environment], active)
        }
        names = active_symbols(symbols, [self.energy, term.environment], active)
        self.near = [node for node in names if not self._is_far(node)]
        self.zetas = {
            node: graph.symbol(f"zeta/{node.value}", Uses.ENVIRONMENT_1)
            for node in self.near
            if node in self.zeta_slopes
        }
        self.definitions: dict[Node, Node] = {}
        self.partners: dict[Node, Node] = {}

    def plan(self) -> EnvironmentPlan:
        """Everything, in the order in which one thing needs another."""
        changes = {node: self._change(node) for node in self.near}
        sums, sum_of = self._sums()
        forces, reverse = self._forces(changes)
        columns = self._columns(changes, sum_of, forces)
        far = None
        if reverse is not None:
            far_sums = [(self.symbols.written[node], k) for node, k in sum_of.items() if self._is_far(node)]
            far_sums.sort(key=lambda found: 1 not in found[0].slots)
            curvature = derivative(self.graph, self.weight, self.term.zeta)
            steepening = derivative(self.graph, self.slope, self.term.zeta)
            probe = len(forces.columns) - 1
            far = FarNames(tuple(far_sums), self.weight, curvature, steepening, probe, reverse)
        loops = [*triplet_nodes(sums), *triplet_nodes(forces), *(reverse or ())]
        early, late = self._bond_nodes(loops)
        bonds = [*early, *late.values(), *(node for each in columns for node in (each.energy, each.slope))]
        bonds += [far.weight, far.curvature, far.steepening] if far is not None else []
        bond_table = [self.term.cutoff, *frontier(self.graph, bonds, _has_variables)]
        found = frontier(self.graph, loops, is_late)
        return EnvironmentPlan(
            self.symbols,
            self.term.cutoff,
            tuple(columns),
            sums,
            forces,
            far,
            tuple(early),
            late,
            {node: self._exchange(node) for node in (self.symbols.r1, *early, *late)},
            tuple(dict.fromkeys(bond_table)),
            tuple(node for node in found if not _has_variables(node)),
        )

    def _is_far(self, node: Node) -> bool:
        return 2 in self.symbols.written[node].slots

    def _change(self, node: Node) -> _Change:
        through = {self.term.zeta: self.zetas[node]} if node in self.zetas else {}
        known: dict[Node, Node] = {}
        energy, slope, weight = (
            derivative(self.graph, each, node, known, through)
            for each in (self.energy, self.slope, self.weight)
        )
        return _Change(energy, slope, self._quantity(f"weight/{node.value}", weight))

    def _quantity(self, name: str, definition: Node) -> Node:
        """A symbol for what each bond has one of, as bond 1; zero where that is zero."""
        if definition is self.graph.zero:
            return definition
        first = self.graph.symbol(f"{name}.1", Uses.ENVIRONMENT_1)
        second = self.graph.symbol(f"{name}.2", Uses.ENVIRONMENT_2)
        self.definitions[first] = definition
        self.partners |= {first: second, second: first}
        return first

    def _exchange(self, node: Node) -> Node:
        """An expression, made of such symbols too, with bonds 1 and 2 exchanged."""
        return substitute(self.graph, self.symbols.exchange(node), self.partners, {})

    def _sums(self) -> tuple[TripletPlan, dict[Node, int]]:
        """The loop for zeta (column 0) and its derivatives, and their columns."""
        plan = TripletPlan()
        products = factored(self.graph, [self.term.environment, *self.zeta_slopes.values()], plan.scalars)
        names = [None, *(self.symbols.written[node] for node in self.zeta_slopes)]
        plan.columns += [
            TripletColumn(name, each, (), ()) for name, each in zip(names, products, strict=True)
        ]
        return plan, {node: k for k, node in enumerate(self.zeta_slopes, start=1)}

    def _forces(self, changes: Mapping[Node, _Change]) -> tuple[TripletPlan, tuple[Node, Node] | None]:
        """The loop for W, with the probe last if one is needed, and then the reverse of G."""
        graph, symbols, forward = self.graph, self.symbols, self.term.environment
        weight, backward = self._quantity("weight", self.weight), symbols.exchange(forward)
        second = self._exchange(weight)
        energy = graph.add(graph.mul(weight, forward), graph.mul(second, backward))
        slope, turn = (derivative(graph, energy, by) for by in (symbols.r1, symbols.costheta))
        wanted: list[tuple[WrittenName | None, Node, Node]] = [(None, slope, turn)]
        moved = [node for node in self.near if changes[node].weight is not graph.zero]
        names = [*self.near, *(symbols.exchange(node) for node in moved)]
        names += active_symbols(symbols, [forward, backward], self.active)
        for node in sorted(dict.fromkeys(names), key=self._is_far):
            through = {
                weight: self._weight_change(changes, node),
                second: self._exchange(self._weight_change(changes, symbols.exchange(node))),
            }
            known: dict[Node, Node] = {}
            parts = [derivative(graph, each, node, known, through) for each in (slope, turn)]
            if parts != [graph.zero, graph.zero]:
                wanted.append((symbols.written[node], parts[0], parts[1]))
        reverse = None
        if any(self._is_far(node) for node in self.zeta_slopes):
            probe = [derivative(graph, forward, by) for by in (symbols.r1, symbols.costheta)]
            wanted.append((None, probe[0], probe[1]))
            reverse = (
                derivative(graph, backward, symbols.r1),
                derivative(graph, backward, symbols.costheta),
            )
        return self._factored(wanted), reverse

    def _weight_change(self, changes: Mapping[Node, _Change], node: Node) -> Node:
        return changes[node].weight if node in changes else self.graph.zero

    def _factored(self, wanted: list[tuple[WrittenName | None, Node, Node]]) -> TripletPlan:
        plan = TripletPlan()
        slopes = factored(self.graph, [slope for _, slope, _ in wanted], plan.scalars)
        turns = factored(self.graph, [turn for *_, turn in wanted], plan.vectors)
        for (name, *_), slope, turn in zip(wanted, slopes, turns, strict=True):
            plan.columns.append(TripletColumn(name, (), slope, turn))
        return plan

    def _columns(
        self, changes: Mapping[Node, _Change], sum_of: Mapping[Node, int], forces: TripletPlan
    ) -> list[BondColumn]:
        zero = self.graph.zero
        place = {column.name: k for k, column in enumerate(forces.columns) if column.name is not None}
        columns = [BondColumn(None, self.energy, self.slope, False, self.term.zeta, 0, 0)]
        for node, change in changes.items():
            name = self.symbols.written[node]
            symmetric = self._is_symmetric(node, change)
            slope = self.graph.mul(self.graph.number(2.0), change.slope) if symmetric else change.slope
            zeta, sums = self.zetas.get(node), sum_of.get(node)
            columns.append(
                BondColumn(name, change.energy, slope, symmetric, zeta, sums, place.pop(name, None))
            )
        for name, k in place.items():
            if 2 not in name.slots:
                columns.append(BondColumn(name, zero, zero, False, None, None, k))
        return columns

    def _is_symmetric(self, node: Node, change: _Change) -> bool:
        """Whether a bond contributes the same from either end, which then need not be told apart."""
        used = (change.energy.uses | change.slope.uses) & (_ENVIRONMENT | Uses.DENSITY)
        names = [
            self.symbols.written[each]
            for each in {node} | symbols_in(change.energy) | symbols_in(change.slope)
            if each in self.symbols.written
        ]
        alike = all(self.symbols.swapped(name, 0, 1) == name for name in names)
        return not used and alike and self.term.both_ends

    def _bond_nodes(self, loops: Iterable[Node]) -> tuple[list[Node], dict[Node, Node]]:
        """What the loops need of single bonds, all seen as bond 1, before and after zeta."""
        found = [
            node if node.part is Part.BOND_1 else self._exchange(node)
            for node in frontier(self.graph, loops, is_late)
            if node.part in (Part.BOND_1, Part.BOND_2)
        ]
        nodes = dict.fromkeys([self.graph.inverse(self.symbols.r1), *found])
        nodes.pop(self.symbols.r1, None)
        early = [node for node in nodes if not node.uses & _ENVIRONMENT]
        late = [node for node in nodes if node.uses & _ENVIRONMENT]
        return early, {node: substitute(self.graph, node, self.definitions, {}) for node in late}


def _has_variables(node: Node) -> bool:
    return bool(node.uses & Uses.VARIABLES)
