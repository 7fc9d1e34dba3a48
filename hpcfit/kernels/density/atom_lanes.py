"""Generated code for eight atoms of a configuration at once: atoms o .. o+7 after its first.

Parameters of the atoms are the same for all if there is one species, else they are gathered from the
table by each atom's species.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from hpcfit.formula.graph import Graph
from hpcfit.formula.node import Node
from hpcfit.formula.print_python import expression_text
from hpcfit.kernels.layout import KindTable
from hpcfit.kernels.text import Text

#: added to densities before functions of them are computed (symbol `tiny`); the second power of its inverse
#: is still a number
TINY = "1e-100"


@dataclass(frozen=True)
class AtomTable:
    """A table of species, and the nodes whose values are its entries."""

    layout: KindTable
    entries: tuple[Node, ...]
    n_species: int

    @property
    def names(self) -> dict[Node, str]:
        """Variables of the entries."""
        return {node: f"c{k}" for k, node in enumerate(self.entries)}

    def first_slot(self, place: int) -> str:
        """Where `columns` has the slot of a name, for the species `kind`."""
        return f"{self.layout.first_slot + place} + {len(self.layout.columns)} * kind"


@contextmanager
def atom_loop(text: Text, table: AtomTable) -> Iterator[None]:
    """The loop over eights of atoms, with variables for the entries of the table."""
    names, layout = table.names.values(), table.layout
    if table.n_species == 1:
        text.add(*(f"{name} = get(table, {layout.first_entry + k})" for k, name in enumerate(names)))
    with text.block("for o in range(0, end - begin, 8):"):
        if table.n_species > 1 and names:
            first = f"{layout.first_entry} + {layout.n_entries}"
            with text.block("for lane in range(8):"):
                text.add(f"put(places, lane, {first} * get(species, min(begin + o + lane, end - 1)))")
            text.add(*(f"{name} = gather(table, {k}, places, 0)" for k, name in enumerate(names)))
        yield


def load_components(text: Text, components: Sequence[Node]) -> dict[Node, str]:
    """Variables of the densities of eight atoms."""
    names = {node: f"d{c}" for c, node in enumerate(components)}
    text.add(*(f"{name} = load(fields, {c} * most_atoms + o)" for c, name in enumerate(names.values())))
    return names


def work_rows(nodes: Iterable[Node], graph: Graph) -> dict[Node, int]:
    """Rows of eight numbers in `work` for those of the nodes that are not zero."""
    found = dict.fromkeys(node for node in nodes if node is not graph.zero)
    return {node: row for row, node in enumerate(found)}


def lanes_text(graph: Graph, node: Node, names: Mapping[Node, str]) -> str:
    """A value as `Lanes`, also if it is a number or a parameter."""
    return f"zero() + {expression_text(graph, node, names)}"
