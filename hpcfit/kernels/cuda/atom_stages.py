"""Kernels with a thread for each atom and column: densities, then energies and dE/d(density).

What terms that contain densities add to dE/d(density) is summed over the bonds of the atom here as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hpcfit.formula.differentiate import derivative
from hpcfit.formula.node import Node, Uses
from hpcfit.formula.print_cuda import assignment_lines, expression_text
from hpcfit.formula.stage import schedule
from hpcfit.kernels.cuda import frame
from hpcfit.kernels.cuda.potential_fields import PotentialFields
from hpcfit.kernels.cuda.sums import Sums, write_bond, write_matches
from hpcfit.kernels.cuda.text import CudaText
from hpcfit.kernels.cuda.triplet_sums import write_triplets


@dataclass(frozen=True)
class _Bonds:
    """Contributions of single bonds and of pairs of bonds that end at one cutoff."""

    single: Sums
    pairs: Sums | None = None


def write_densities(of: PotentialFields, text: CudaText) -> None:
    """Sums over the bonds of each atom."""
    groups = []
    for cutoff, members in of.density_groups().items():
        nodes = [node for _, density in members for node in of.moments(density)]
        places = [first + k for first, density in members for k in range(len(density.components))]
        groups.append((of.sums(2, cutoff, nodes), [f"sum{place}" for place in places]))
    with frame.kernel(text, of.kernel("densities", "atoms", fills_fields=True), ("density",)):
        frame.one_of(text, "atom", "n_atoms")
        text.add(f"double {', '.join(f'sum{c} = 0.0' for c in range(of.n_components))};")
        with frame.each_kind(text, of.n_species):
            for sums, _ in groups:
                write_matches(text, sums, "kind")
            with frame.own_bonds(text, of.n_species):
                for sums, targets in groups:
                    _within(of, text, sums, targets)
        for c in range(of.n_components):
            place = frame.field_place("slot", c, of.n_components, "n_atoms", "atom")
            text.add(f"density[{place}] = sum{c};")


def _within(of: PotentialFields, text: CudaText, sums: Sums, targets: Sequence[str]) -> None:
    """Contributions of bond b where it is shorter than its cutoff."""
    with text.block():
        sums.start(text, "kind")
        with text.block("if (r < t2[0])"):
            write_bond(text, sums, of.all_given, targets)


def write_atoms(of: PotentialFields, text: CudaText) -> None:
    """Constant energies and the embedding; dE/d(density) of this and of terms that contain densities."""
    terms, graph = of.terms, of.graph
    by_density = tuple(of.components)
    site = None if terms.site is None else of.sums(1, graph.one, [terms.site])
    embedding = None
    if terms.embedding is not None:
        nodes = [terms.embedding, *(derivative(graph, terms.embedding, c) for c in by_density)]
        embedding = of.sums(1, graph.one, nodes, of.densities)
    parts = [_by_densities(of, *each) for each in _terms_with_densities(of)]
    with frame.kernel(text, of.kernel("atoms", "atoms", fills_fields=True), ("embedding", "sums")):
        frame.one_of(text, "atom", "n_atoms")
        text.add(f"const int kind = {'species[atom]' if of.n_species > 1 else '0'};")
        text.add("double energy = 0.0;")
        of.load(text)
        text.add(*(f"double sum{c} = 0.0;" for c in range(of.n_components)))
        if site is not None:
            with text.block():
                site.start(text, "kind")
                with text.block("if (t1[0] != 0.0)"):
                    write_matches(text, site, "kind")
                    write_bond(text, site, {}, ["energy"])
        if embedding is not None:
            _write_embedding(of, text, embedding)
        if parts:
            with text.block(), frame.each_kind(text, of.n_species):
                for part in parts:
                    write_matches(text, part.single, "kind")
                with frame.own_bonds(text, of.n_species):
                    for part in parts:
                        _write_sums_by_densities(of, text, part)
        for c in range(of.n_components):
            place = frame.field_place("slot", c, of.n_components, "n_atoms", "atom")
            text.add(f"embedding[{place}] = sum{c};")
        text.add("sums[(index_t)slot * 7 * n_atoms + atom] += energy;")


def _write_embedding(of: PotentialFields, text: CudaText, embedding: Sums) -> None:
    """F at the densities as they are, or where that is NaN near them, as in embedding_stage.py."""
    graph, energy = of.graph, of.terms.embedding
    assert energy is not None
    targets = ["near", *(f"sum{c}" for c in range(of.n_components))]
    with text.block():
        embedding.start(text, "kind")
        with text.block("if (t1[0] != 0.0)"):
            text.add("double near = 0.0;")
            write_matches(text, embedding, "kind")
            write_bond(text, embedding, of.all_given, targets)
            text.add("double exact = near;")
            if energy is not graph.zero:
                with text.block("if (!slot)"):
                    given = {**embedding.constants, **of.all_given, of.symbols.tiny: "0.0"}
                    assignments, names = schedule(graph, [energy], given, "y")
                    text.extend(assignment_lines(graph, assignments, names))
                    text.add(f"exact = {expression_text(graph, energy, names)};")
            text.add("energy += exact == exact ? exact : near;")


def _terms_with_densities(of: PotentialFields) -> list[tuple[Node, Node, Node]]:
    """(cutoff, pair energy, triplet energy) of terms that contain densities."""
    zero = of.graph.zero
    found = [
        (bonds.cutoff, bonds.pair or zero, bonds.triplet or zero)
        for bonds in of.terms.sets
        if bonds.before_embedding
    ]
    environment = of.terms.environment
    if environment is not None and environment.pair.uses & Uses.DENSITY:
        found.append((environment.cutoff, environment.pair, zero))
    return found


def _by_densities(of: PotentialFields, cutoff: Node, pair: Node, triplet: Node) -> _Bonds:
    graph = of.graph
    half = graph.mul(graph.number(0.5), pair)
    single = [derivative(graph, half, c) for c in of.components]
    pairs = [derivative(graph, triplet, c) for c in of.components]
    sums = None
    if any(node is not graph.zero for node in pairs):
        sums = of.sums(3, graph.one, pairs, of.densities)
    return _Bonds(of.sums(2, cutoff, single, of.densities, of.zeta), sums)


def _write_sums_by_densities(of: PotentialFields, text: CudaText, part: _Bonds) -> None:
    targets = [f"sum{c}" for c in range(of.n_components)]
    with text.block():
        part.single.start(text, "kind")
        with text.block("if (r < t2[0])"):
            if of.zeta and any(node.uses & Uses.ENVIRONMENT_1 for node in part.single.outputs.everything):
                text.add(*frame.field_lines("zeta", ["zeta0"], "n_bonds", "b"))
            write_bond(text, part.single, of.all_given, targets)
            if part.pairs is not None:
                write_triplets(
                    text,
                    part.pairs,
                    part.single,
                    of.all_given,
                    {},
                    [(target,) for target in targets],
                    once=True,
                )
