"""The energy terms of a bound potential as graph expressions, and what they are sums over.

A *bond set* is the part of a potential whose bonds end at one cutoff: pair and triplet term and
densities together if their cutoffs are the same formula, else each its own set. Bonds beyond the cutoff
are left out before anything is computed, so a triplet term of short range does not see the many
bonds of a pair term of long range.

A set comes before or after the embedding. Terms that contain densities come before: what they give
belongs, like the embedding, to the derivative of the site energy by its densities. The densities
themselves are sums over bonds that come first of all (`PotentialTerms.densities`), and once the derivatives
by them are known, forces come from their bonds in a set after the embedding (`BondSet.densities`).
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from hpcfit.errors import KernelError
from hpcfit.formula.build import build_expression
from hpcfit.formula.check import check_potential, lets_used
from hpcfit.formula.node import Node, Uses
from hpcfit.formula.potential import BoundPotential, FormulaPotential, Term
from hpcfit.formula.substitute import evaluate
from hpcfit.formula.written import TermName
from hpcfit.kernels.environment.term import EnvironmentTerm, environment_term, zeta_symbol
from hpcfit.kernels.symbols import COMPONENTS, Symbols, symbols_in


@dataclass(frozen=True)
class DensityTerm:
    """What each bond adds to a density of its centre: `value` f(r), times components of the bond vector.

    `components` are the symbols of the sums: one of a scalar, three of a vector, six of a tensor.
    """

    value: Node
    cutoff: Node
    components: tuple[Node, ...]

    @property
    def products(self) -> tuple[str, ...]:
        """Which components of the bond vector f(r) is multiplied by, for each of the sums."""
        return next(each for each in COMPONENTS.values() if len(each) == len(self.components))


@dataclass(frozen=True)
class BondSet:
    """One cutoff, and the terms (of the same potential) whose bonds it ends."""

    symbols: Symbols
    cutoff: Node
    pair: Node | None
    triplet: Node | None
    densities: tuple[DensityTerm, ...] = ()

    @property
    def before_embedding(self) -> bool:
        """Whether its terms contain densities."""
        return any(term is not None and term.uses & Uses.DENSITY for term in (self.pair, self.triplet))


@dataclass(frozen=True)
class PotentialTerms:
    """Everything a potential contributes to the site energy."""

    symbols: Symbols
    sets: tuple[BondSet, ...]
    site: Node | None
    densities: tuple[DensityTerm, ...] = ()
    embedding: Node | None = None
    environment: EnvironmentTerm | None = None


@dataclass
class _Parts:
    pair: Node | None = None
    triplet: Node | None = None
    densities: list[DensityTerm] = field(default_factory=list)


def potential_terms(potential: BoundPotential, where: str) -> PotentialTerms:
    """Build the expressions of a potential.

    Raises:
        KernelError: a formula does not parse, or is not symmetric under exchange of its atoms.
    """
    formula = potential.formula
    faults = check_potential(formula, len(potential.species), where)
    if faults:
        raise KernelError("\n".join(faults))
    symbols = Symbols(potential)
    parts: dict[tuple[Node, bool], _Parts] = {}

    def part(cutoff: Node, energy: Node) -> _Parts:
        return parts.setdefault((cutoff, bool(energy.uses & Uses.DENSITY)), _Parts())

    environment = None
    if formula.pair is not None:
        cutoff, pair = _cut_term(symbols, formula, "pair", formula.pair, where)
        if pair.uses & Uses.ENVIRONMENT_1 and formula.bond_environment is not None:
            reach, zeta = _cut_term(symbols, formula, "bond_environment", formula.bond_environment, where)
            environment = environment_term(symbols, pair, cutoff, zeta, reach)
        elif not pair.uses & Uses.DENSITY:
            cutoff, pair = _symmetric_pair(symbols, cutoff, pair, f"{where}.pair")
        if environment is None:
            part(cutoff, pair).pair = pair
    if formula.triplet is not None:
        cutoff, triplet = _cut_term(symbols, formula, "triplet", formula.triplet, where)
        _check_exchange(symbols, triplet, "triplet", f"{where}.triplet")
        part(cutoff, triplet).triplet = triplet
    densities = tuple(
        DensityTerm(value, cutoff, symbols.components[density.name])
        for density in formula.densities
        for cutoff, value in [_cut_term(symbols, formula, "density", density.term, where)]
    )
    for density in densities:
        both = _seen_from_both_ends(symbols, density)
        part(both.cutoff, symbols.graph.zero).densities.append(both)
    sets = tuple(
        BondSet(symbols, cutoff, found.pair, found.triplet, tuple(found.densities))
        for (cutoff, _), found in parts.items()
    )
    site = None if formula.site is None else _energy(symbols, formula, "site", formula.site, where)
    embedding = symbols.graph.zero
    if formula.embedding is not None:
        embedding = _energy(symbols, formula, "embedding", formula.embedding, where)
    return PotentialTerms(symbols, sets, site, densities, embedding if densities else None, environment)


def _cut_term(
    symbols: Symbols, formula: FormulaPotential, name: TermName, term: Term, where: str
) -> tuple[Node, Node]:
    """(cutoff, energy) of a term."""
    names = {
        key: symbols.parameter(value)
        for key, value in formula.written_names("pair", symbols.one_species).items()
    }
    assert term.cutoff is not None
    for let, text in reversed(list(lets_used(formula, term.cutoff, where))):
        names[let] = build_expression(symbols.graph, text, names, f"{where}.let.{let}")
    cutoff = build_expression(symbols.graph, term.cutoff, names, f"{where}.{name}_cutoff")
    return cutoff, _energy(symbols, formula, name, term.expression, where)


def _energy(symbols: Symbols, formula: FormulaPotential, term: TermName, text: str, where: str) -> Node:
    names: dict[str, Node] = {
        written: symbols.parameter(name)
        for written, name in formula.written_names(term, symbols.one_species).items()
    }
    names |= {"r": symbols.r1, "r1": symbols.r1, "r2": symbols.r2, "costheta": symbols.costheta}
    names |= symbols.invariants
    if term == "pair" and formula.bond_environment is not None:
        names["zeta"] = zeta_symbol(symbols)
    splines = formula.written_splines(term, symbols.one_species)
    for name, let_text in formula.let:
        try:
            names[name] = build_expression(symbols.graph, let_text, names, f"{where}.let.{name}", splines)
        except KernelError:
            continue  # written for the other term; if it is used here, the next line says so
    return build_expression(symbols.graph, text, names, f"{where}.{term}", splines)


def _symmetric_pair(symbols: Symbols, cutoff: Node, pair: Node, where: str) -> tuple[Node, Node]:
    """A pair energy without densities, and its cutoff, that both atoms see alike.

    Energies that depend on the order of the species may differ; half the sum of both is what counts.
    """
    graph, r = symbols.graph, symbols.r1
    names = [
        symbols.written[node] for node in symbols_in(pair) | symbols_in(cutoff) if node in symbols.written
    ]
    if not any(symbols.is_ordered(name) for name in names):
        _check_exchange(symbols, pair, "pair", where)
        return cutoff, pair
    both = larger_cutoff(symbols, cutoff)
    if both is not cutoff:
        pair = graph.where("where_less", r, cutoff, pair, graph.zero)
    other = symbols.reverse(pair)
    return both, pair if other is pair else graph.mul(graph.number(0.5), graph.add(pair, other))


def _seen_from_both_ends(symbols: Symbols, density: DensityTerm) -> DensityTerm:
    """The density for bonds that the neighbour's density may end at another distance."""
    cutoff = larger_cutoff(symbols, density.cutoff)
    if cutoff is density.cutoff:
        return density
    graph = symbols.graph
    value = graph.where("where_less", symbols.r1, density.cutoff, density.value, graph.zero)
    return DensityTerm(value, cutoff, density.components)


def larger_cutoff(symbols: Symbols, cutoff: Node) -> Node:
    """The larger of the cutoffs that a bond has from either end."""
    other = symbols.reverse(cutoff)
    if other is cutoff:
        return cutoff
    first, second = sorted((cutoff, other), key=lambda node: node.index)
    return symbols.graph.where("where_less", first, second, second, first)


def _check_exchange(symbols: Symbols, energy: Node, name: str, where: str) -> None:
    """Energies must not depend on which neighbour is called 1; compared at a few random points."""
    values = _exchanged_pairs(symbols, energy, name)
    tested = 0
    for seed in range(20):
        rng = random.Random(seed)
        here = {node: rng.uniform(0.5, 0.9) for node in values}
        there = {node: here[partner] for node, partner in values.items()}
        try:
            first, second = evaluate(energy, here), evaluate(energy, there)
        except (ArithmeticError, ValueError):
            continue
        if math.isfinite(first) and abs(first - second) > 1e-9 * (abs(first) + abs(second)):
            atoms = "the two atoms" if name == "pair" else "the neighbours 1 and 2"
            raise KernelError(
                f"{where}: not symmetric, exchanging {atoms} changes the energy. "
                f"Write a formula in which both play the same part"
            )
        tested += 1
        if tested == 4:
            return


def _exchanged_pairs(symbols: Symbols, energy: Node, name: str) -> Mapping[Node, Node]:
    """Each symbol of the energy with the one that takes its place when the atoms are exchanged."""
    swap = (0, 1) if name == "pair" else (1, 2)
    partners: dict[Node, Node] = {}
    for node in sorted(symbols_in(energy), key=lambda node: node.index):
        written = symbols.written.get(node)
        if written is not None:
            partners[node] = symbols.parameter(symbols.swapped(written, *swap))
        elif name == "triplet" and node in (symbols.r1, symbols.r2):
            partners[node] = symbols.r2 if node is symbols.r1 else symbols.r1
        else:
            partners[node] = node
    return partners | {partner: node for node, partner in partners.items()}
