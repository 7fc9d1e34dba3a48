"""From the expressions of a bond environment to what its kernels compute (plan.py)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from hpcfit.formula.differentiate import derivative
from hpcfit.formula.node import Node, Part, Uses
from hpcfit.formula.stage import frontier
from hpcfit.formula.substitute import substitute
from hpcfit.kernels.environment.factor import factored
from hpcfit.kernels.environment.plan import AtomSum, BondColumn, EnvironmentPlan, FarNames, Probe
from hpcfit.kernels.environment.term import EnvironmentTerm
from hpcfit.kernels.plan import TripletColumn, TripletPlan, is_late, triplet_nodes
from hpcfit.kernels.symbols import active_symbols, symbols_in

_ENVIRONMENT = Uses.ENVIRONMENT_1 | Uses.ENVIRONMENT_2


def environment_plan(
    term: EnvironmentTerm,
    active: Collection[str],
    functions: tuple[Node, ...] = (),
    probing: bool = False,
) -> EnvironmentPlan:
    """The plan for derivatives by the parameters named `active` (none: values only).

    Args:
        functions: symbols of the functions of the atom in `term.pair`, in their order.
        probing: these depend on active parameters.
    """
    return _Planner(term, active, functions, probing).plan()


class _Planner:
    """Collects what an `EnvironmentPlan` consists of.

    Attributes:
        zeta_slopes: dG/dtheta by the symbol of theta.
        names: symbols of all parameters with a derivative.
        weights: B of bond 1 and of bond 2 as symbols, as the forces have it.
    """

    def __init__(
        self, term: EnvironmentTerm, active: Collection[str], functions: tuple[Node, ...], probing: bool
    ) -> None:
        self.functions = functions
        self.probing = probing
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
        self.parts = (self.energy, self.slope, self.weight)
        self.by_function = {
            k: tuple(derivative(graph, part, each) for part in self.parts) for k, each in enumerate(functions)
        }
        self.names = active_symbols(symbols, [self.energy, term.environment], active)
        self.weights = (
            graph.symbol("weight.1", Uses.ENVIRONMENT_1),
            graph.symbol("weight.2", Uses.ENVIRONMENT_2),
        )

    def plan(self) -> EnvironmentPlan:
        """Everything, in the order in which one thing needs another."""
        graph, symbols = self.graph, self.symbols
        sums, forces = self._sums(), self._forces()
        columns, far = self._columns(), self._far()
        atom_sums, probes = tuple(self._atom_sums()), tuple(self._probes())
        backward = symbols.exchange(self.term.environment)
        reverse = derivative(graph, backward, symbols.r1), derivative(graph, backward, symbols.costheta)
        loops = [*triplet_nodes(sums), *triplet_nodes(forces), *reverse]
        early, late, partners = self._bond_nodes(loops)
        definitions = {node: substitute(graph, node, {self.weights[0]: self.weight}, {}) for node in late}
        bonds = [*early, *definitions.values()]
        bonds += [node for each in columns for node in (each.energy, each.slope, each.weight)]
        bonds += [each.energy for each in atom_sums]
        bonds += [node for each in probes for node in (each.slope, each.weight)]
        if far is not None:
            bonds += [far.weight, far.curvature, far.steepening, *(node for _, node in far.by)]
        bond_table = [self.term.cutoff, *frontier(graph, bonds, _has_variables)]
        return EnvironmentPlan(
            symbols,
            tuple(columns),
            sums,
            forces,
            reverse,
            far,
            tuple(early),
            definitions,
            partners,
            self.functions,
            atom_sums,
            probes,
            tuple(dict.fromkeys(bond_table)),
            tuple(node for node in frontier(graph, loops, is_late) if not _has_variables(node)),
        )

    def _is_far(self, node: Node) -> bool:
        return 2 in self.symbols.written[node].slots

    def _exchange(self, node: Node) -> Node:
        """An expression, made of B too, with bonds 1 and 2 exchanged."""
        first, second = self.weights
        return substitute(self.graph, self.symbols.exchange(node), {first: second, second: first}, {})

    def _sums(self) -> TripletPlan:
        """The loop for zeta (column 0) and its derivatives."""
        plan = TripletPlan()
        products = factored(self.graph, [self.term.environment, *self.zeta_slopes.values()], plan.scalars)
        names = [None, *(self.symbols.written[node] for node in self.zeta_slopes)]
        for name, each in zip(names, products, strict=True):
            plan.columns.append(TripletColumn(name, each, (), ()))
        return plan

    def _forces(self) -> TripletPlan:
        """The loop for Z (column 0), and for W = B_x G(x, y) + B_y G(y, x) by its parameters at fixed B."""
        graph, symbols, forward = self.graph, self.symbols, self.term.environment
        by = symbols.r1, symbols.costheta
        backward = symbols.exchange(forward)
        energy = graph.add(graph.mul(self.weights[0], forward), graph.mul(self.weights[1], backward))
        parts = [derivative(graph, energy, each) for each in by]
        names = active_symbols(symbols, [forward, backward], self.active)
        wanted = [tuple(derivative(graph, forward, each) for each in by)]
        for node in names:
            known: dict[Node, Node] = {}
            wanted.append(tuple(derivative(graph, each, node, known) for each in parts))
        plan = TripletPlan()
        slopes = factored(graph, [slope for slope, _ in wanted], plan.scalars)
        turns = factored(graph, [turn for _, turn in wanted], plan.vectors)
        written = [None, *(symbols.written[node] for node in names)]
        for name, slope, turn in zip(written, slopes, turns, strict=True):
            plan.columns.append(TripletColumn(name, (), slope, turn))
        return plan

    def _columns(self) -> list[BondColumn]:
        """The value, then what changes B, then the rest."""
        zero = self.graph.zero
        found = [self._column(node) for node in self.names if not self._is_far(node)]
        names = {column.name for column in found}
        backward = self.symbols.exchange(self.term.environment)
        for node in active_symbols(self.symbols, [backward], self.active):
            name = self.symbols.written[node]
            if not self._is_far(node) and name not in names:
                found.append(BondColumn(name, zero, zero, zero, False, None, None))
        found.sort(key=lambda column: (column.weight is zero, 1 in column.slots))
        value = BondColumn(None, self.energy, self.slope, self.weight, False, self.term.zeta, 0)
        return [value, *found]

    def _column(self, node: Node) -> BondColumn:
        graph, zeta, sums = self.graph, None, None
        if node in self.zeta_slopes:
            zeta = self._zeta_slope(node)
            sums = 1 + list(self.zeta_slopes).index(node)
        energy, slope, weight = self._by(self.parts, node)
        symmetric = self._is_symmetric(node, energy, slope)
        slope = graph.mul(graph.number(2.0), slope) if symmetric else slope
        return BondColumn(self.symbols.written[node], energy, slope, weight, symmetric, zeta, sums)

    def _zeta_slope(self, node: Node) -> Node:
        """The symbol of dzeta/dtheta."""
        return self.graph.symbol(f"zeta/{node.value}", Uses.ENVIRONMENT_1)

    def _by(self, parts: Iterable[Node], node: Node) -> list[Node]:
        """Derivatives by a parameter of bond 1, through zeta too."""
        through = {self.term.zeta: self._zeta_slope(node)} if node in self.zeta_slopes else {}
        known: dict[Node, Node] = {}
        return [derivative(self.graph, each, node, known, through) for each in parts]

    def _atom_sums(self) -> Iterator[AtomSum]:
        for k, (energy, *_) in self.by_function.items():
            found = [AtomSum(None, (k,), energy)]
            found += [
                AtomSum(self.symbols.written[node], (k,), self._by([energy], node)[0])
                for node in self.names
                if not self._is_far(node)
            ]
            for m in range(k, len(self.functions)) if self.probing else ():
                found.append(AtomSum(None, (k, m), derivative(self.graph, energy, self.functions[m])))
            yield from (each for each in found if each.energy is not self.graph.zero)

    def _probes(self) -> Iterator[Probe]:
        for k, (_, slope, weight) in self.by_function.items():
            if self.probing and (slope, weight) != (self.graph.zero, self.graph.zero):
                yield Probe(k, slope, weight)

    def _is_symmetric(self, node: Node, energy: Node, slope: Node) -> bool:
        """Whether a bond contributes the same from either end, which then need not be told apart."""
        used = (energy.uses | slope.uses) & (_ENVIRONMENT | Uses.DENSITY)
        written = self.symbols.written
        names = [written[each] for each in {node} | symbols_in(energy) | symbols_in(slope) if each in written]
        alike = all(self.symbols.swapped(name, 0, 1) == name for name in names)
        return not used and alike and self.term.both_ends and node not in self.zeta_slopes

    def _far(self) -> FarNames | None:
        written = self.symbols.written
        sums = [(written[node], k) for k, node in enumerate(self.zeta_slopes, 1) if self._is_far(node)]
        if not sums:
            return None
        curvature = derivative(self.graph, self.weight, self.term.zeta)
        steepening = derivative(self.graph, self.slope, self.term.zeta)
        sums.sort(key=lambda found: 1 not in found[0].slots)
        by = [(k, weight) for k, (*_, weight) in self.by_function.items() if weight is not self.graph.zero]
        return FarNames(tuple(sums), self.weight, curvature, steepening, tuple(by))

    def _bond_nodes(self, loops: Iterable[Node]) -> tuple[list[Node], list[Node], dict[Node, Node]]:
        """What the loops need of single bonds, as bond 1: made of r, and made of B; and those of bond 2."""
        found = [
            node for node in frontier(self.graph, loops, is_late) if node.part in (Part.BOND_1, Part.BOND_2)
        ]
        partners = {node: self._exchange(node) for node in found if node.part is Part.BOND_2}
        seen = [partners.get(node, node) for node in found]
        nodes = dict.fromkeys([self.graph.inverse(self.symbols.r1), self.weights[0], *seen])
        nodes.pop(self.symbols.r1, None)
        early = [node for node in nodes if not node.uses & _ENVIRONMENT]
        return early, [node for node in nodes if node.uses & _ENVIRONMENT], partners


def _has_variables(node: Node) -> bool:
    return bool(node.uses & Uses.VARIABLES)
