"""Generated code that adds up what pairs of bonds of an atom contribute, or its derivative (sums.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hpcfit.formula.node import Node, Part
from hpcfit.formula.print_cuda import assignment_lines
from hpcfit.formula.stage import frontier, schedule
from hpcfit.kernels.cuda.sums import Names, Sums, write_derivatives, write_matches, write_values
from hpcfit.kernels.cuda.text import CudaText
from hpcfit.kernels.plan import is_late


def write_triplets(
    text: CudaText,
    sums: Sums,
    cutoff: Sums,
    given: Names,
    of_bond_2: Mapping[Node, str],
    targets: Sequence[tuple[str, ...]],
    tangents: Sequence[tuple[str, ...]] | None = None,
    once: bool = False,
) -> None:
    """Contributions of pairs of bonds b and y of the atom, y in a loop over all others.

    Args:
        cutoff: the table of bonds whose first entry is the cutoff, at t2 for the bond b.
        of_bond_2: fields of bond y.
        targets: for each output one variable, or three if it multiplies the change of the angle with the
            bond vector (u_y - cos u_b)/r.
        once: every pair is visited once, not from either bond.
    """
    symbols, n = sums.outputs.symbols, sums.n_species
    with text.over("far", n):
        text.add(f"const int triplet = {f'{n} * kind + far' if n > 1 else '0'};")
        text.add(f"const int last = segment[{n} * atom + far + 1];")
        first = f"segment[{n} * atom + far]"
        text.add(f"int y = {f'max(b + 1, {first})' if once else first};")
        with text.block("if (y < last)"):
            sums.start(text, "triplet")
            names = {**sums.constants, **given}
            write_matches(text, sums, "triplet")
            _write_cutoff(text, cutoff)
            names = _write_early(text, sums, names)
            with text.block("for (; y < last; y++)"):
                unless = "" if once else "y == b || "
                text.add("const double r2 = distance[y];", f"if ({unless}!(r2 < cutoff_2)) continue;")
                text.add("const double over_r2 = 1.0 / r2;")
                for k, axis in enumerate("xyz"):
                    text.add(f"const double y{axis} = vector[{k} * n_bonds + y] * over_r2;")
                text.add("const double costheta = ux * yx + uy * yy + uz * yz;")
                text.add(*(f"const double {name[0]} = {name[1]};" for name in _named(of_bond_2)))
                inside = {node: name for node, (name, _) in zip(of_bond_2, _named(of_bond_2), strict=True)}
                inside |= {symbols.r2: "r2", symbols.graph.inverse(symbols.r2): "over_r2"}
                inside |= {symbols.costheta: "costheta"}
                _write_pair(text, sums, {**names, **inside}, targets, tangents)


def _named(of_bond_2: Mapping[Node, str]) -> list[tuple[str, str]]:
    return [(f"y_{k}", value) for k, value in enumerate(of_bond_2.values())]


def _write_cutoff(text: CudaText, cutoff: Sums) -> None:
    if cutoff.n_species == 1:
        text.add("const double cutoff_2 = t2[0];")
        return
    kind = f"{cutoff.n_species} * species[atom] + far"
    place = f"{cutoff.table.first_entry} + {cutoff.table.n_entries} * ({kind})"
    text.add(f"const double cutoff_2 = table[{place}];")


def _write_early(text: CudaText, sums: Sums, names: Names) -> dict[Node, str]:
    """What values need of bond b, before the loop over y."""
    graph = sums.outputs.graph
    found = frontier(graph, sums.outputs.nodes, is_late)
    early = [node for node in found if node.part in (Part.BOND_1, Part.SITE) and node not in names]
    assignments, names = schedule(graph, early, names, "a")
    text.extend(assignment_lines(graph, assignments, names))
    return names


def _write_pair(
    text: CudaText,
    sums: Sums,
    given: Names,
    targets: Sequence[tuple[str, ...]],
    tangents: Sequence[tuple[str, ...]] | None,
) -> None:
    graph, nodes = sums.outputs.graph, sums.outputs.nodes
    if any(len(each) == 3 for each in targets):
        for axis in "xyz":
            text.add(f"const double w{axis} = (y{axis} - costheta * u{axis}) * over_r;")
    assignments, names = schedule(graph, nodes, given, "x")
    text.extend(assignment_lines(graph, assignments, names))
    write_values(text, sums, names, targets, tangents)
    write_derivatives(text, sums, names, tangents or targets, "triplet")
