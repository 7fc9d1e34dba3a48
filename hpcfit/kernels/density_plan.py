"""What the kernels compute for densities and embeddings: which nodes, with which derivatives.

With c the components of all densities of an atom (rho; mu_x, mu_y, mu_z; ...), E_i its site energy and
A_c = dE_i/dc, the passes over a configuration are

    1. c_i and dc_i/dtheta, sums over the bonds of atom i                      (DensitySetPlan)
    2. terms that contain densities, at fixed c
    3. F(c_i), A_c and dA_c/dtheta = A_c,theta + sum_d A_cd dd/dtheta          (EmbeddingPlan)
    4. forces: with f m_c(D) what a bond adds to c, the gradient by D of       (DensityForce)

           L = sum_c (A_c(i) f_ij(r) + s_c A_c(j) f_ji(r)) m_c(D)

where s_c = -1 for vectors, whose bond is reversed seen from j, else 1. So the force on an atom is a sum
over its own bonds that reads A of its neighbours, and nothing is scattered.

The parameters that c or A_c of an atom depend on are those it *responds* to. They are few, and
differ from species to species; `slots.py` says which columns of the model they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import groupby

from hpcfit.formula.differentiate import derivative
from hpcfit.formula.node import Node, Uses
from hpcfit.formula.stage import frontier
from hpcfit.formula.written import WrittenName
from hpcfit.kernels.symbols import COMPONENTS, Symbols
from hpcfit.kernels.terms import DensityTerm, PotentialTerms

AXES = ("x", "y", "z")


@dataclass(frozen=True)
class DensityColumn:
    """What a bond adds to each density of a set (but for m_c), or its derivative by a parameter."""

    name: WrittenName | None
    values: tuple[Node, ...]


@dataclass(frozen=True)
class DensitySetPlan:
    """The densities that end at one cutoff."""

    symbols: Symbols
    densities: tuple[DensityTerm, ...]
    columns: tuple[DensityColumn, ...]
    bond_table: tuple[Node, ...]  # parameter expressions per pair of species; the first is the cutoff


@dataclass(frozen=True)
class EmbeddingColumn:
    """Derivatives of the embedding and of its derivatives by each component, by a parameter."""

    name: WrittenName
    energy: Node
    slopes: tuple[Node, ...]


@dataclass(frozen=True)
class EmbeddingPlan:
    """The embedding and its derivatives: `slopes` (C,) by the components, `curvatures` (C, C)."""

    symbols: Symbols
    components: tuple[Node, ...]
    energy: Node
    slopes: tuple[Node, ...]
    curvatures: tuple[tuple[Node, ...], ...]
    columns: tuple[EmbeddingColumn, ...]
    table: tuple[Node, ...]  # parameter expressions per species


@dataclass(frozen=True)
class DensityPlan:
    """Everything about the densities of one potential in one mode.

    `moves`: some active parameter occurs in a density. `responds`: or in a function of one.
    """

    sets: tuple[DensitySetPlan, ...]
    embedding: EmbeddingPlan
    responds: bool
    moves: bool

    @property
    def components(self) -> tuple[Node, ...]:
        return self.embedding.components


def density_plan(terms: PotentialTerms, active: Collection[str]) -> DensityPlan:
    """The plan for derivatives by the parameters named `active` (none: values only)."""
    assert terms.embedding is not None
    by_cutoff = sorted(terms.densities, key=lambda density: density.cutoff.index)
    sets = tuple(
        _density_set(terms.symbols, tuple(found), active)
        for _, found in groupby(by_cutoff, key=lambda density: density.cutoff)
    )
    embedding = _embedding(terms.symbols, terms.embedding, active)
    moves = any(len(each.columns) > 1 for each in sets)
    functions = [
        term
        for bonds in terms.sets
        if bonds.before_embedding
        for term in (bonds.pair, bonds.triplet)
        if term is not None
    ]
    responds = moves or bool(embedding.columns) or bool(active_symbols(terms.symbols, functions, active))
    return DensityPlan(sets, embedding, responds, moves)


def active_symbols(symbols: Symbols, nodes: Iterable[Node], active: Collection[str]) -> list[Node]:
    """Symbols of the active parameters that expressions use, in order of first writing."""
    used = set(frontier(symbols.graph, nodes, lambda node: node.op != "symbol"))
    written = symbols.written.items()
    return [symbol for symbol, name in written if name.parameter in active and symbol in used]


def _density_set(
    symbols: Symbols, densities: tuple[DensityTerm, ...], active: Collection[str]
) -> DensitySetPlan:
    graph = symbols.graph
    values = tuple(density.value for density in densities)
    columns = [DensityColumn(None, values)]
    for symbol in active_symbols(symbols, values, active):
        known: dict[Node, Node] = {}
        slopes = tuple(derivative(graph, value, symbol, known) for value in values)
        columns.append(DensityColumn(symbols.written[symbol], slopes))
    outputs = [value for column in columns for value in column.values]
    table = [densities[0].cutoff, *frontier(graph, outputs, _has_variables)]
    return DensitySetPlan(symbols, densities, tuple(columns), tuple(dict.fromkeys(table)))


def _embedding(symbols: Symbols, energy: Node, active: Collection[str]) -> EmbeddingPlan:
    graph = symbols.graph
    components = symbols.all_components
    slopes = tuple(derivative(graph, energy, component) for component in components)
    curvatures = tuple(
        tuple(derivative(graph, slope, component) for component in components) for slope in slopes
    )
    columns = []
    for symbol in active_symbols(symbols, [energy], active):
        known: dict[Node, Node] = {}
        changes = tuple(derivative(graph, slope, symbol, known) for slope in slopes)
        columns.append(
            EmbeddingColumn(symbols.written[symbol], derivative(graph, energy, symbol, known), changes)
        )
    outputs = [energy, *slopes, *(node for row in curvatures for node in row)]
    outputs += [node for column in columns for node in (column.energy, *column.slopes)]
    table = tuple(frontier(graph, outputs, _has_variables))
    return EmbeddingPlan(symbols, components, energy, slopes, curvatures, tuple(columns), table)


def _has_variables(node: Node) -> bool:
    return bool(node.uses & Uses.VARIABLES)


@dataclass(frozen=True)
class DensityForce:
    """The part of L that comes from one density, in symbols that the bond stage gives values.

    `own` stands for sum_c A_c(i) m_c(D) and `own_gradient` for its derivatives by D at fixed A, none for a
    scalar; `other` for the same with s_c A_c(j). Where f_ij and f_ji are one expression, `own` stands for
    the sum of both, and `other` is zero.
    """

    symbols: Symbols
    density: DensityTerm
    reverse: Node
    own: Node
    other: Node
    own_gradient: tuple[Node, ...]
    other_gradient: tuple[Node, ...]

    @property
    def symmetric(self) -> bool:
        """Whether the densities of both atoms are one function."""
        return self.reverse is self.density.value

    @property
    def products(self) -> tuple[str, ...]:
        """m_c of each component, such as "" or "x" or "xy"."""
        found = {1: "scalar", 3: "vector", 6: "tensor"}[len(self.density.components)]
        return COMPONENTS[found]

    @property
    def sign(self) -> int:
        """s_c."""
        return -1 if len(self.density.components) == 3 else 1

    @property
    def functions(self) -> tuple[tuple[Node, Node], ...]:
        """f and df/dr of f_ij, and of f_ji if that is another function."""
        graph, r = self.symbols.graph, self.symbols.r1
        functions = (self.density.value,) if self.symmetric else (self.density.value, self.reverse)
        return tuple((f, derivative(graph, f, r)) for f in functions)

    @property
    def bond_nodes(self) -> tuple[Node, ...]:
        """What the gradients of f m_c are made of."""
        return tuple(
            node for f, slope in self.functions for node in ((f, slope) if self.own_gradient else (slope,))
        )

    @property
    def slope(self) -> Node:
        """dL/dr at fixed direction of what is not m_c."""
        graph, r = self.symbols.graph, self.symbols.r1
        own = graph.mul(self.own, derivative(graph, self.density.value, r))
        return graph.add(own, graph.mul(self.other, derivative(graph, self.reverse, r)))

    @property
    def direct(self) -> tuple[Node, ...]:
        """What is added to the gradient because m_c depends on D, by component; none for a scalar."""
        graph = self.symbols.graph
        return tuple(
            graph.add(graph.mul(own, self.density.value), graph.mul(other, self.reverse))
            for own, other in zip(self.own_gradient, self.other_gradient, strict=True)
        )


def density_forces(symbols: Symbols, densities: Iterable[DensityTerm]) -> tuple[DensityForce, ...]:
    """What each density of a set gives to the forces of its bonds."""
    return tuple(_density_force(symbols, density, k) for k, density in enumerate(densities))


def _density_force(symbols: Symbols, density: DensityTerm, k: int) -> DensityForce:
    graph = symbols.graph
    reverse = symbols.reverse(density.value)
    axes = AXES if len(density.components) > 1 else ()

    def named(prefix: str) -> tuple[Node, tuple[Node, ...]]:
        parts = (graph.symbol(f"{prefix}{k}{axis}", Uses.DISTANCE_1) for axis in ("", *axes))
        contraction, *gradient = parts
        return contraction, tuple(gradient)

    own, own_gradient = named("own")
    if reverse is density.value:
        nothing = tuple(graph.zero for _ in axes)
        return DensityForce(symbols, density, reverse, own, graph.zero, own_gradient, nothing)
    other, other_gradient = named("other")
    return DensityForce(symbols, density, reverse, own, other, own_gradient, other_gradient)
