"""What the kernels compute for densities and embeddings: which nodes, with which derivatives.

With c the components of all densities of an atom (rho; mu_x, mu_y, mu_z; ...), E_i its site energy and
A_c = dE_i/dc, the passes over a configuration are

    1. c_i and dc_i/dtheta, sums over the bonds of atom i                      (DensitySetPlan)
    2. terms that contain densities, at fixed c                                (term_plan.py)
    3. F(c_i), A_c and dA_c/dtheta = A_c,theta + sum_d A_cd dd/dtheta          (EmbeddingPlan)
    4. forces: with f m_c(D) what a bond adds to c, the gradient by D of       (DensityForce)

           L = sum_c (A_c(i) f_ij(r) + s_c A_c(j) f_ji(r)) m_c(D)

where s_c = -1 for vectors, whose bond is reversed seen from j, else 1. So the force on an atom is a sum
over its own bonds that reads A of its neighbours, and nothing is scattered.

The parameters that c or A_c of an atom depend on are those it *responds* to. They are few, and
differ from species to species; `slots.py` says which columns of the model they are.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from itertools import groupby

from hpcfit.formula.differentiate import derivative
from hpcfit.formula.node import Node, Uses
from hpcfit.formula.stage import frontier
from hpcfit.formula.written import WrittenName
from hpcfit.kernels.density.atom_functions import AtomFunctions, atom_functions
from hpcfit.kernels.density.term_plan import DensityTermPlan, density_term_plan
from hpcfit.kernels.environment.plan import EnvironmentPlan
from hpcfit.kernels.environment.planner import environment_plan
from hpcfit.kernels.spline_plan import LocalValues, local_values, without_local
from hpcfit.kernels.symbols import Symbols, active_symbols
from hpcfit.kernels.terms import BondSet, DensityTerm, PotentialTerms


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
    splines: tuple[LocalValues, ...]  # what a bond adds to each density, by coefficients of splines
    bond_table: tuple[Node, ...]  # parameter expressions per pair of species; the first is the cutoff

    @property
    def names(self) -> tuple[WrittenName, ...]:
        """The parameters that it has derivatives by: of the columns, then those of the splines."""
        own = [column.name for column in self.columns if column.name is not None]
        return (*own, *(name for each in self.splines for name in each.spline.names))


@dataclass(frozen=True)
class EmbeddingColumn:
    """Derivatives of the embedding and of its derivatives by each component, by a parameter."""

    name: WrittenName
    energy: Node
    slopes: tuple[Node, ...]


@dataclass(frozen=True)
class EmbeddingPlan:
    """The embedding and its derivatives, to which the functions S_k in bonds and triplets add theirs.

    Attributes:
        energy: F.
        slopes: A_c (C,).
        curvatures: A_cd (C, C); nothing if neither densities nor S_k depend on active parameters.
        columns: of the parameters in F and S_k.
        splines: F and then its A_c, by coefficients of splines.
        changes: S_k,c (K, C).
        table: parameter expressions per species.
    """

    symbols: Symbols
    functions: AtomFunctions
    energy: Node
    slopes: tuple[Node, ...]
    curvatures: tuple[tuple[Node, ...], ...]
    columns: tuple[EmbeddingColumn, ...]
    splines: tuple[LocalValues, ...]
    changes: tuple[tuple[Node, ...], ...]
    table: tuple[Node, ...]

    @property
    def components(self) -> tuple[Node, ...]:
        return self.symbols.all_components

    @property
    def names(self) -> tuple[WrittenName, ...]:
        """The parameters that it has derivatives by: of the columns, then those of the splines."""
        own = (column.name for column in self.columns)
        return (*own, *(name for each in self.splines for name in each.spline.names))


@dataclass(frozen=True)
class DensityPlan:
    """Everything about the densities of one potential in one mode.

    Attributes:
        sets: sums over bonds.
        functions: what terms contain of densities.
        terms: the sets of such terms.
        environment: a pair energy of zeta that is such a term.
        active: symbols of active parameters in these functions.
        probing: some active parameter occurs in a density, or in such a function.
        responds: or in the embedding or a term.
    """

    sets: tuple[DensitySetPlan, ...]
    functions: AtomFunctions
    terms: tuple[DensityTermPlan, ...]
    environment: EnvironmentPlan | None
    embedding: EmbeddingPlan
    active: tuple[Node, ...]
    probing: bool
    responds: bool

    @property
    def components(self) -> tuple[Node, ...]:
        return self.embedding.components


def density_plan(terms: PotentialTerms, active: Collection[str]) -> DensityPlan:
    """The plan for derivatives by the parameters named `active` (none: values only)."""
    assert terms.embedding is not None
    symbols = terms.symbols
    by_cutoff = sorted(terms.densities, key=lambda density: density.cutoff.index)
    sets = tuple(
        _density_set(symbols, tuple(found), active)
        for _, found in groupby(by_cutoff, key=lambda density: density.cutoff)
    )
    before = [bonds for bonds in terms.sets if bonds.before_embedding]
    of_zeta = terms.environment
    if of_zeta is not None and of_zeta.pair.uses & Uses.DENSITY:
        before.append(BondSet(symbols, of_zeta.cutoff, of_zeta.pair, None))
    functions, bond_sets = atom_functions(symbols, before)
    in_functions = functions.responding(active)
    probing = any(each.names for each in sets) or bool(in_functions)
    if not probing:
        functions = replace(functions, curvatures={})
    environment = None
    if of_zeta is not None and of_zeta.pair.uses & Uses.DENSITY:
        of_zeta = replace(of_zeta, pair=bond_sets.pop().pair or of_zeta.pair)
        environment = environment_plan(of_zeta, active, functions.values, probing)
    plans = tuple(density_term_plan(bonds, functions, active, probing) for bonds in bond_sets)
    embedding = _embedding(functions, terms.embedding, active, probing)
    in_terms = any(column.name is not None for plan in plans for column in plan.sums)
    in_terms |= environment is not None and environment.moves_atoms
    responds = probing or bool(embedding.names) or in_terms
    return DensityPlan(sets, functions, plans, environment, embedding, in_functions, probing, responds)


def _density_set(
    symbols: Symbols, densities: tuple[DensityTerm, ...], active: Collection[str]
) -> DensitySetPlan:
    graph = symbols.graph
    values = tuple(density.value for density in densities)
    columns = [DensityColumn(None, values)]
    splines = local_values(symbols, values, active)
    for symbol in without_local(symbols, active_symbols(symbols, values, active), splines):
        known: dict[Node, Node] = {}
        slopes = tuple(derivative(graph, value, symbol, known) for value in values)
        if slopes != (graph.zero,) * len(slopes):  # it may stand in a condition alone
            columns.append(DensityColumn(symbols.written[symbol], slopes))
    outputs = [value for column in columns for value in column.values]
    outputs += [node for each in splines for nodes in each.values for node in nodes]
    table = [densities[0].cutoff, *frontier(graph, outputs, _has_variables)]
    return DensitySetPlan(symbols, densities, tuple(columns), splines, tuple(dict.fromkeys(table)))


def _embedding(
    functions: AtomFunctions, energy: Node, active: Collection[str], probing: bool
) -> EmbeddingPlan:
    symbols, graph = functions.symbols, functions.graph
    components = symbols.all_components
    of_energy = [derivative(graph, energy, c) for c in components]
    slopes = tuple(
        graph.add(slope, functions.slope_by(c)) for slope, c in zip(of_energy, components, strict=True)
    )
    curvatures = tuple(
        tuple(graph.add(derivative(graph, slope, d), functions.curvature_by(c, d)) for d in components)
        for slope, c in zip(of_energy if probing else (), components, strict=False)
    )
    columns = []
    in_functions = {symbols.written[symbol] for symbol in active_symbols(symbols, functions.nodes, active)}
    splines = tuple(
        each
        for each in local_values(symbols, [energy, *of_energy], active)
        if in_functions.isdisjoint(each.spline.names)
    )
    others = active_symbols(symbols, [energy, *functions.nodes], active)
    for symbol in without_local(symbols, others, splines):
        known: dict[Node, Node] = {}
        changes = tuple(
            graph.add(derivative(graph, slope, symbol, known), functions.curvature_by(c, symbol))
            for slope, c in zip(of_energy, components, strict=True)
        )
        change = graph.add(derivative(graph, energy, symbol, known), functions.slope_by(symbol))
        if (change, *changes) != (graph.zero,) * (1 + len(changes)):
            columns.append(EmbeddingColumn(symbols.written[symbol], change, changes))
    by_components = tuple(tuple(derivative(graph, node, c) for c in components) for node in functions.nodes)
    outputs = [energy, *slopes, *(node for row in (*curvatures, *by_components) for node in row)]
    outputs += [node for column in columns for node in (column.energy, *column.slopes)]
    outputs += [node for each in splines for nodes in each.values for node in nodes]
    table = tuple(frontier(graph, outputs, _has_variables))
    derivatives = curvatures, tuple(columns), splines, by_components
    return EmbeddingPlan(symbols, functions, energy, slopes, *derivatives, table)


def _has_variables(node: Node) -> bool:
    return bool(node.uses & Uses.VARIABLES)
