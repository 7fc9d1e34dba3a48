"""Which forces need only the own bonds of an atom, and their kernels (radial.py)."""

from __future__ import annotations

from dataclasses import replace

from hpcfit.formula.differentiate import derivative
from hpcfit.formula.node import Uses
from hpcfit.kernels.cuda import frame, radial
from hpcfit.kernels.cuda.derivatives import outputs_of
from hpcfit.kernels.cuda.potential_fields import PotentialFields
from hpcfit.kernels.cuda.sums import with_table
from hpcfit.kernels.cuda.text import CudaText
from hpcfit.kernels.terms import BondSet


def is_radial(bonds: BondSet) -> bool:
    """Whether the pair energy of a set is left to kernels without gradients of bonds (radial.py)."""
    return bonds.pair is not None and bonds.triplet is None and not bonds.before_embedding


def has_radial_densities(of: PotentialFields) -> bool:
    """Whether forces come from densities and pairs alone."""
    others = of.terms.environment is not None
    others |= any(bonds.triplet is not None or bonds.before_embedding for bonds in of.terms.sets)
    return bool(of.densities) and not others


def write_forces(of: PotentialFields, text: CudaText) -> None:
    """Forces of densities, from dE/d(density) of both atoms of a bond."""
    graph, n = of.graph, of.n_components
    others = [graph.symbol(f"B{c}", Uses.DENSITY) for c in range(n)]
    of_others = of.fields(others)
    parts = []
    for bonds in of.terms.sets:
        if not bonds.densities:
            continue
        moved = graph.zero
        for density in bonds.densities:
            first = of.components.index(density.components[0])
            sign = graph.number(-1.0 if len(density.components) == 3 else 1.0)
            reverse = replace(density, value=of.symbols.reverse(density.value))
            for k, (here, there) in enumerate(zip(of.moments(density), of.moments(reverse), strict=True)):
                seen = graph.mul(sign, graph.mul(others[first + k], there))
                moved = graph.sum([moved, graph.mul(of.slopes[first + k], here), seen])
        by = [derivative(graph, moved, each) for each in (of.symbols.r1, *of.axes.values())]
        parts.append(of.sums(2, bonds.cutoff, [graph.zero, *by], of.of_slopes, of_others))
    slopes, theirs = [f"slope{c}" for c in range(n)], [f"other{c}" for c in range(n)]
    radial.write_columns(
        text,
        of.kernel("forces", "lanes"),
        parts,
        of.given((of.of_slopes, "slope"), (of_others, "other")),
        of.stress,
        frame.field_lines("embedding", slopes, "n_atoms", "atom"),
        ["const int j = neighbor[b];", *frame.field_lines("embedding", theirs, "n_atoms", "j")],
    )


def write_pairs(of: PotentialFields, text: CudaText) -> None:
    """Forces of pair energies alone."""
    graph, r = of.graph, of.symbols.r1
    for k, bonds in enumerate(of.terms.sets):
        if bonds.pair is None or not is_radial(bonds):
            continue
        nodes = [graph.mul(graph.number(0.5), bonds.pair), derivative(graph, bonds.pair, r)]
        outputs = outputs_of(of.symbols, nodes, {}, of.active)
        plain, splines = radial.plain_outputs(outputs), radial.spline_outputs(outputs)
        sums = with_table(of.tables, of.number, 2, bonds.cutoff, plain)
        for group, columns in enumerate(radial.groups_of(plain, of.stress)):
            name = of.kernel(f"pairs_{k}_{group}", "lanes", by_slot=False)
            radial.write_pairs(text, name, sums, columns, of.given(), of.stress)
        if splines.changes:
            sums = with_table(of.tables, of.number, 2, bonds.cutoff, splines)
            name = of.kernel(f"splines_{k}", "lanes")
            radial.write_columns(text, name, [sums], of.given(), of.stress, values=False)
