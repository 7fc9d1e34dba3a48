"""What a bond set's kernels compute: which nodes, with which derivative columns, at which stage.

Columns of a set are the active parameters its terms use, by written name (gamma of bond 1 and
gamma of bond 2 are two columns; tables say which numbers of the model they are).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from hpcfit.formula.differentiate import derivative
from hpcfit.formula.graph import Graph
from hpcfit.formula.node import Node, Part, Uses
from hpcfit.formula.stage import frontier
from hpcfit.formula.written import WrittenName
from hpcfit.kernels.density_force_plan import DensityForce, density_forces
from hpcfit.kernels.factor import products_of
from hpcfit.kernels.spline_plan import LocalColumns, local_columns
from hpcfit.kernels.symbols import active_symbols
from hpcfit.kernels.terms import BondSet


@dataclass(frozen=True)
class PairColumn:
    """Half the energy of one bond and its gradient, or their derivatives by a parameter.

    The gradient is `slope` times the unit vector plus `direct`, which only vector and tensor densities
    have: its components x, y, z, or nothing.
    """

    name: WrittenName | None
    energy: Node
    slope: Node
    direct: tuple[Node, ...] = ()


@dataclass(frozen=True)
class TripletColumn:
    """Per bond 1, sums over bonds 2 as sums of (what depends on bond 1) * (an accumulated sum).

    With W the triplet energy: `energy` of W/2, `slope` of dW/dr1, `turn` of dW/dcostheta times
    the unit vector of bond 2. The pairs hold indices into `TripletPlan.scalars` / `.vectors`.
    """

    name: WrittenName | None
    energy: tuple[tuple[Node, int], ...]
    slope: tuple[tuple[Node, int], ...]
    turn: tuple[tuple[Node, int], ...]


@dataclass
class TripletPlan:
    """The columns of a triplet term, and what its loop over bonds 2 adds up."""

    columns: list[TripletColumn] = field(default_factory=list)
    scalars: list[Node] = field(default_factory=list)
    vectors: list[Node] = field(default_factory=list)


@dataclass(frozen=True)
class SetPlan:
    """Everything the printers need to know about one bond set in one mode.

    `responds`: the derivatives by the densities of `forces` have derivatives by parameters themselves.
    """

    bonds: BondSet
    forces: tuple[DensityForce, ...]
    responds: bool
    pair: tuple[PairColumn, ...]
    splines: tuple[LocalColumns, ...]  # of the pair term
    triplet: TripletPlan
    stored: tuple[Node, ...]  # nodes of bond 1 that the triplet loop reads
    bond_table: tuple[Node, ...]  # parameter expressions per pair of species; the first is the cutoff
    triplet_table: tuple[Node, ...]  # per triplet of species

    @property
    def graph(self) -> Graph:
        return self.bonds.symbols.graph


def set_plan(bonds: BondSet, active: Collection[str], responds: bool = False) -> SetPlan:
    """The plan for derivatives by the parameters named `active` (none: values only)."""
    graph = bonds.symbols.graph
    forces = density_forces(bonds.symbols, bonds.densities)
    pair = tuple(_pair_columns(bonds, forces, active))
    splines = tuple(_local_columns(bonds, forces, active))
    triplet = _triplet_plan(bonds, active)
    stored = _bond_nodes(bonds, triplet)
    bond_outputs = [node for column in pair for node in (column.energy, column.slope, *column.direct)]
    bond_outputs += stored
    if responds:
        bond_outputs += [node for force in forces for node in force.bond_nodes]
    if bonds.triplet is not None:
        bond_outputs.append(graph.inverse(bonds.symbols.r1))
    bond_table = [bonds.cutoff, *frontier(graph, bond_outputs, _has_variables)]
    triplet_table = [
        node for node in frontier(graph, triplet_nodes(triplet), is_late) if not _has_variables(node)
    ]
    tables = tuple(dict.fromkeys(bond_table)), tuple(triplet_table)
    return SetPlan(bonds, forces, responds, pair, splines, triplet, stored, *tables)


def _has_variables(node: Node) -> bool:
    return bool(node.uses & Uses.VARIABLES)


def is_late(node: Node) -> bool:
    """Computed in the triplet stage: not a parameter expression, and not stored for every bond.

    A bond's quantity times a parameter is not stored; the same quantity without it may be.
    """
    return node.part in (Part.LANE, Part.TRIPLET) or (
        node.part in (Part.BOND_1, Part.BOND_2) and bool(node.factors)
    )


def _pair_columns(
    bonds: BondSet, forces: tuple[DensityForce, ...], active: Collection[str]
) -> Iterable[PairColumn]:
    if bonds.pair is None and not forces:
        return
    graph, r = bonds.symbols.graph, bonds.symbols.r1
    half = graph.number(0.5)
    pair = graph.zero if bonds.pair is None else bonds.pair
    slope = graph.sum([derivative(graph, pair, r), *(force.slope for force in forces)])
    direct = tuple(
        graph.sum(parts) for parts in zip(*(force.direct for force in forces if force.direct), strict=True)
    )
    yield PairColumn(None, graph.mul(half, pair), slope, direct)
    local = {name for columns in _local_columns(bonds, forces, active) for name in columns.spline.names}
    for symbol in active_symbols(bonds.symbols, [pair, slope, *direct], active):
        if bonds.symbols.written[symbol] in local:
            continue
        known: dict[Node, Node] = {}
        energy = graph.mul(half, derivative(graph, pair, symbol, known))
        slopes = [derivative(graph, node, symbol, known) for node in (slope, *direct)]
        moves = slopes[1:] if any(node is not graph.zero for node in slopes[1:]) else []
        yield PairColumn(bonds.symbols.written[symbol], energy, slopes[0], tuple(moves))


def _local_columns(
    bonds: BondSet, forces: tuple[DensityForce, ...], active: Collection[str]
) -> Iterable[LocalColumns]:
    """Those of splines that the energy and the slope of a bond depend on, and nothing else of it."""
    symbols, graph = bonds.symbols, bonds.symbols.graph
    pair = graph.zero if bonds.pair is None else bonds.pair
    slope = graph.sum([derivative(graph, pair, symbols.r1), *(force.slope for force in forces)])
    direct = active_symbols(symbols, [node for force in forces for node in force.direct], active)
    elsewhere = {symbols.written[symbol] for symbol in direct}
    for columns in local_columns(symbols, pair, slope, active):
        if elsewhere.isdisjoint(columns.spline.names):
            yield columns


def _triplet_plan(bonds: BondSet, active: Collection[str]) -> TripletPlan:
    plan = TripletPlan()
    if bonds.triplet is None:
        return plan
    graph, energy = bonds.symbols.graph, bonds.triplet
    slope = derivative(graph, energy, bonds.symbols.r1)
    turn = derivative(graph, energy, bonds.symbols.costheta)
    half = graph.number(0.5)
    wanted: list[tuple[WrittenName | None, Node, Node, Node]] = [(None, graph.mul(half, energy), slope, turn)]
    for symbol in active_symbols(bonds.symbols, [energy], active):
        known: dict[Node, Node] = {}
        parts = [derivative(graph, node, symbol, known) for node in (energy, slope, turn)]
        wanted.append((bonds.symbols.written[symbol], graph.mul(half, parts[0]), parts[1], parts[2]))
    scalar_outputs = [node for _, first, second, _ in wanted for node in (first, second)]
    scalar_products = _factored(graph, scalar_outputs, plan.scalars)
    vector_products = _factored(graph, [node for *_, node in wanted], plan.vectors)
    for k, (name, *_) in enumerate(wanted):
        energy_terms, slope_terms = scalar_products[2 * k : 2 * k + 2]
        plan.columns.append(TripletColumn(name, energy_terms, slope_terms, vector_products[k]))
    return plan


def _factored(graph: Graph, outputs: list[Node], sums: list[Node]) -> list[tuple[tuple[Node, int], ...]]:
    """Each output as factors times entries of `sums`, which is filled with what must be accumulated.

    A factor that depends on bond 1 alone is taken out of the sum over bonds 2. Where that would
    need more sums than there are outputs, each output is accumulated as it is.
    """
    products = [products_of(graph, output) for output in outputs]
    inner = dict.fromkeys(node for found in products for _, node in found)
    if len(inner) > len(outputs):
        products = [[(graph.one, output)] if output is not graph.zero else [] for output in outputs]
        inner = dict.fromkeys(node for found in products for _, node in found)
    sums.extend(inner)
    return [tuple((outer, sums.index(node)) for outer, node in found) for found in products]


def triplet_nodes(plan: TripletPlan) -> list[Node]:
    outer = [
        node
        for column in plan.columns
        for products in (column.energy, column.slope, column.turn)
        for node, _ in products
    ]
    return [*plan.scalars, *plan.vectors, *outer]


def _bond_nodes(bonds: BondSet, plan: TripletPlan) -> tuple[Node, ...]:
    """What the triplet term needs of single bonds, all seen as bond 1."""
    graph, symbols = bonds.symbols.graph, bonds.symbols
    found = frontier(graph, triplet_nodes(plan), is_late)
    nodes = [
        node if node.part is Part.BOND_1 else symbols.exchange(node)
        for node in found
        if node.part in (Part.BOND_1, Part.BOND_2)
    ]
    return tuple(node for node in dict.fromkeys(nodes) if node is not symbols.r1)
