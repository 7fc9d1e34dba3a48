"""The energy terms of a bound potential as graph expressions, and what they are sums over.

A *bond set* is the part of a potential whose bonds end at one cutoff: pair and triplet term
together if their cutoffs are the same formula, else each its own set. Bonds beyond the cutoff
are left out before anything is computed, so a triplet term of short range does not see the many
bonds of a pair term of long range.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass

from hpcfit.errors import KernelError
from hpcfit.formula.build import build_expression
from hpcfit.formula.check import check_potential
from hpcfit.formula.graph import Graph
from hpcfit.formula.node import Node, Uses
from hpcfit.formula.potential import BoundPotential, FormulaPotential
from hpcfit.formula.substitute import evaluate, substitute
from hpcfit.formula.written import TermName, WrittenName


class Symbols:
    """The symbols of one potential: variables, and parameters by the atoms that make their key.

    gamma of a pair term and gamma1 of a triplet term are one symbol: gamma of bond 1.
    """

    def __init__(self, potential: BoundPotential) -> None:
        self.graph = Graph()
        self.one_species = len(potential.species) == 1
        self.r1 = self.graph.symbol("r1", Uses.DISTANCE_1, positive=True)
        self.r2 = self.graph.symbol("r2", Uses.DISTANCE_2, positive=True)
        self.costheta = self.graph.symbol("costheta", Uses.ANGLE)
        self.written: dict[Node, WrittenName] = {}
        self._exchanged: dict[Node, Node] = {}

    def parameter(self, name: WrittenName) -> Node:
        """The symbol of a parameter for certain atoms (0 centre, 1 and 2 neighbours)."""
        slots = tuple(0 for _ in name.slots) if self.one_species else name.slots
        uses = Uses.NOTHING
        if 1 in slots:
            uses = Uses.PARAMETER_12 if 2 in slots else Uses.PARAMETER_1
        elif 2 in slots:
            uses = Uses.PARAMETER_2
        node = self.graph.symbol(f"{name.parameter}[{','.join(map(str, slots))}]", uses)
        self.written[node] = WrittenName(name.parameter, slots)
        return node

    def exchange(self, node: Node) -> Node:
        """The expression with bonds 1 and 2 exchanged."""
        swapped = {self.r1: self.r2, self.r2: self.r1}
        for symbol, name in list(self.written.items()):
            slots = tuple({1: 2, 2: 1}.get(slot, slot) for slot in name.slots)
            if slots != name.slots and len(slots) < 3:
                swapped[symbol] = self.parameter(WrittenName(name.parameter, slots))
        return substitute(self.graph, node, swapped, {})


@dataclass(frozen=True)
class BondSet:
    """One cutoff, and the terms (of the same potential) whose bonds it ends."""

    symbols: Symbols
    cutoff: Node
    pair: Node | None
    triplet: Node | None


@dataclass(frozen=True)
class PotentialTerms:
    """Everything a potential contributes to the site energy."""

    symbols: Symbols
    sets: tuple[BondSet, ...]
    site: Node | None


def potential_terms(potential: BoundPotential, where: str) -> PotentialTerms:
    """Build the expressions of a potential.

    Raises:
        KernelError: a formula does not parse, or is not symmetric under exchange of its atoms.
    """
    formula = potential.formula
    faults = check_potential(formula, len(potential.species), where)
    if faults:
        raise KernelError("\n".join(faults))
    if formula.densities or formula.bond_environment is not None:
        raise KernelError(f"{where}: there are no kernels for densities and bond environments yet")
    symbols = Symbols(potential)
    parts: dict[Node, dict[str, Node]] = {}
    for name, term in (("pair", formula.pair), ("triplet", formula.triplet)):
        if term is None or term.cutoff is None:
            continue
        cutoff_names = {
            key: symbols.parameter(value)
            for key, value in formula.written_names("pair", symbols.one_species).items()
        }
        cutoff = build_expression(symbols.graph, term.cutoff, cutoff_names, f"{where}.{name}_cutoff")
        energy = _energy(symbols, formula, name, term.expression, where)  # type: ignore[arg-type]
        _check_exchange(symbols, energy, name, f"{where}.{name}")
        parts.setdefault(cutoff, {})[name] = energy
    sets = tuple(
        BondSet(symbols, cutoff, found.get("pair"), found.get("triplet")) for cutoff, found in parts.items()
    )
    site = None if formula.site is None else _energy(symbols, formula, "site", formula.site, where)
    return PotentialTerms(symbols, sets, site)


def _energy(symbols: Symbols, formula: FormulaPotential, term: TermName, text: str, where: str) -> Node:
    names: dict[str, Node] = {
        written: symbols.parameter(name)
        for written, name in formula.written_names(term, symbols.one_species).items()
    }
    names |= {"r": symbols.r1, "r1": symbols.r1, "r2": symbols.r2, "costheta": symbols.costheta}
    for name, let_text in formula.let:
        try:
            names[name] = build_expression(symbols.graph, let_text, names, f"{where}.let.{name}")
        except KernelError:
            continue  # written for the other term; if it is used here, the next line says so
    return build_expression(symbols.graph, text, names, f"{where}.{term}")


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
    swap = {0: 1, 1: 0} if name == "pair" else {1: 2, 2: 1}
    unordered = 2 if name == "pair" else 3  # keys of this length do not change
    partners: dict[Node, Node] = {}
    for node in sorted(_symbols_of(energy), key=lambda node: node.index):
        written = symbols.written.get(node)
        if written is not None and len(written.slots) < unordered:
            slots = tuple(swap.get(slot, slot) for slot in written.slots)
            partners[node] = symbols.parameter(WrittenName(written.parameter, slots))
        elif name == "triplet" and node in (symbols.r1, symbols.r2):
            partners[node] = symbols.r2 if node is symbols.r1 else symbols.r1
        else:
            partners[node] = node
    return partners | {partner: node for node, partner in partners.items()}


def _symbols_of(node: Node) -> set[Node]:
    pending, seen = [node], {node}
    while pending:
        for arg in pending.pop().args:
            if arg not in seen:
                seen.add(arg)
                pending.append(arg)
    return {found for found in seen if found.op == "symbol"}
