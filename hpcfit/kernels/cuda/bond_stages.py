"""Kernels with a thread for each bond and column: zeta, and gradients of site energies by the bond vector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hpcfit.formula.differentiate import derivative
from hpcfit.formula.node import Node, Uses
from hpcfit.kernels.cuda import frame
from hpcfit.kernels.cuda.pair_stages import is_radial
from hpcfit.kernels.cuda.potential_fields import PotentialFields
from hpcfit.kernels.cuda.sums import Sums, write_bond, write_matches
from hpcfit.kernels.cuda.text import CudaText
from hpcfit.kernels.cuda.triplet_sums import write_triplets
from hpcfit.kernels.environment.term import EnvironmentTerm


def write_zetas(of: PotentialFields, text: CudaText, term: EnvironmentTerm) -> None:
    """zeta of each bond, then the weight that it has in the forces, 1/2 dU/dzeta."""
    half = of.graph.mul(of.graph.number(0.5), term.pair)
    weights = of.sums(2, term.cutoff, [derivative(of.graph, half, term.zeta)], of.densities, of.zeta)
    sums = of.sums(3, of.graph.one, [term.environment])
    with frame.kernel(text, of.kernel("zetas", "bonds", fills_fields=True), ("zeta", "weight")):
        of.start_bond(text)
        text.add("double zeta0 = 0.0, zeta0_k = 0.0, weight0 = 0.0;")
        weights.start(text, "kind")
        with text.block("if (r < t2[0])"):
            of.load(text)
            write_triplets(text, sums, weights, of.given(), {}, [("zeta0",)], [("zeta0_k",)])
            write_matches(text, weights, "kind")
            write_bond(text, weights, of.all_given, ["weight0"])
        place = frame.field_place("slot", 0, 1, "n_bonds", "b")
        text.add(f"zeta[{place}] = slot ? zeta0_k : zeta0;", f"weight[{place}] = weight0;")


def write_bonds(of: PotentialFields, text: CudaText) -> None:
    """The gradients of all terms by the vector of a bond."""
    graph, zero = of.graph, of.graph.zero
    single: dict[Node, list[Node]] = {}
    loops: list[tuple[Node, _Loop]] = []

    def add(cutoff: Node, *nodes: Node) -> None:
        found = single.setdefault(cutoff, [zero] * 5)
        found[:] = [graph.add(a, b) for a, b in zip(found, nodes, strict=True)]

    def add_pair(cutoff: Node, energy: Node) -> None:
        half = graph.mul(graph.number(0.5), energy)
        add(cutoff, half, derivative(graph, half, of.symbols.r1), zero, zero, zero)

    for bonds in of.terms.sets:
        if bonds.pair is not None and not is_radial(bonds):
            add_pair(bonds.cutoff, bonds.pair)
        if bonds.triplet is not None:
            single.setdefault(bonds.cutoff, [zero] * 5)
            loops.append((bonds.cutoff, _triplet_loop(of, bonds.triplet)))
    if of.terms.environment is not None:
        environment = of.terms.environment
        add_pair(environment.cutoff, environment.pair)
        loops.append((environment.cutoff, _environment_loop(of, environment)))
    for cutoff, members in of.density_groups().items():
        for first, density in members:
            moved = graph.sum(
                graph.mul(of.slopes[first + k], node) for k, node in enumerate(of.moments(density))
            )
            by = [of.symbols.r1, *of.axes.values()]
            add(cutoff, zero, *(derivative(graph, moved, each) for each in by))
    if not single:
        return
    sums = {
        cutoff: of.sums(2, cutoff, nodes, of.densities, of.zeta, of.of_slopes)
        for cutoff, nodes in single.items()
    }
    with frame.kernel(text, of.kernel("bonds", "bonds"), ("gradient",)):
        of.start_bond(text)
        of.load(text, slopes=True)
        text.add("double energy = 0.0, along = 0.0, gx = 0.0, gy = 0.0, gz = 0.0;")
        if of.zeta:
            text.add(*frame.field_lines("zeta", ["zeta0"], "n_bonds", "b"))
        for cutoff, each in sums.items():
            with text.block():
                each.start(text, "kind")
                with text.block("if (r < t2[0])"):
                    write_matches(text, each, "kind")
                    write_bond(text, each, of.all_given, ["energy", "along", "gx", "gy", "gz"])
                    for _, loop in (found for found in loops if found[0] is cutoff):
                        _write_loop(of, text, loop, each)
        _write_gradient(of, text)


@dataclass(frozen=True)
class _Loop:
    """Contributions of pairs of bonds, and variables of fields of the one bond and of the other."""

    sums: Sums
    of_bond_1: Mapping[Node, str]
    of_bond_2: Mapping[Node, str]


def _triplet_loop(of: PotentialFields, triplet: Node) -> _Loop:
    graph, symbols = of.graph, of.symbols
    half = graph.mul(graph.number(0.5), triplet)
    nodes = [half, derivative(graph, triplet, symbols.r1), derivative(graph, triplet, symbols.costheta)]
    return _Loop(of.sums(3, graph.one, nodes, of.densities), {}, {})


def _environment_loop(of: PotentialFields, term: EnvironmentTerm) -> _Loop:
    """Of B_x G(x, y) + B_y G(y, x), whose derivatives by bond x are wanted; B is 1/2 dU/dzeta."""
    graph, symbols = of.graph, of.symbols
    first = graph.symbol("weight.1", Uses.ENVIRONMENT_1)
    second = graph.symbol("weight.2", Uses.ENVIRONMENT_2)
    fields = {**of.fields([first]), **of.fields([second])}
    backward = symbols.exchange(term.environment)
    energy = graph.add(graph.mul(first, term.environment), graph.mul(second, backward))
    by = symbols.r1, symbols.costheta
    nodes = [graph.zero, *(derivative(graph, energy, each) for each in by)]
    own = f"weight[{frame.field_place('slot', 0, 1, 'n_bonds', 'y')}]"
    return _Loop(
        of.sums(3, graph.one, nodes, fields),
        {first: "weight0", fields[first]: "weight0_k"},
        {second: "weight[y]", fields[second]: own},
    )


def _write_loop(of: PotentialFields, text: CudaText, loop: _Loop, cutoff: Sums) -> None:
    with text.block():
        if loop.of_bond_1:
            text.add(*frame.field_lines("weight", ["weight0"], "n_bonds", "b"))
        given = {**of.all_given, **loop.of_bond_1}
        targets = [("energy",), ("along",), ("gx", "gy", "gz")]
        write_triplets(text, loop.sums, cutoff, given, loop.of_bond_2, targets)


def _write_gradient(of: PotentialFields, text: CudaText) -> None:
    text.add("double *to = gradient + 4 * ((index_t)slot * n_bonds + b);")
    for k, axis in enumerate("xyz"):
        text.add(f"g{axis} += along * u{axis};")
        text.add(f"to[{k}] = add ? to[{k}] + g{axis} : g{axis};")
    text.add("to[3] = add ? to[3] + energy : energy;")
