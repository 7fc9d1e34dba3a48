"""Generated code for eight atoms of a configuration at once: atoms o .. o+7 after its first.

Parameters of the atoms are the same for all if there is one species, else they are gathered from the
table by each atom's species.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from hpcfit.formula.graph import Graph
from hpcfit.formula.node import Node
from hpcfit.formula.print_python import expression_text
from hpcfit.kernels.layout import KindTable
from hpcfit.kernels.text import Text

#: added to densities before functions of them are computed (symbol `tiny`); the second power of its inverse
#: is still a number
TINY = "1e-100"


@contextmanager
def atom_loop(text: Text, table: KindTable, names: Sequence[str], n_species: int) -> Iterator[None]:
    """The loop over eights of atoms; the first entries of the table have `names` in it."""
    if n_species == 1:
        text.add(*(f"{name} = get(table, {table.first_entry + k})" for k, name in enumerate(names)))
    with text.block("for o in range(0, end - begin, 8):"):
        if n_species > 1 and names:
            first = f"{table.first_entry} + {table.n_entries}"
            with text.block("for lane in range(8):"):
                text.add(f"put(places, lane, {first} * get(species, min(begin + o + lane, end - 1)))")
            text.add(*(f"{name} = gather(table, {k}, places, 0)" for k, name in enumerate(names)))
        yield


def load_components(text: Text, components: Sequence[Node]) -> dict[Node, str]:
    """Variables of the densities of eight atoms."""
    names = {node: f"d{c}" for c, node in enumerate(components)}
    text.add(*(f"{name} = load(fields, {c} * most_atoms + o)" for c, name in enumerate(names.values())))
    return names


def lanes_text(graph: Graph, node: Node, names: Mapping[Node, str]) -> str:
    """A value as `Lanes`, also if it is a number or a parameter."""
    return f"zero() + {expression_text(graph, node, names)}"
