"""What expressions of one stage change by when a parameter changes: directly, and by what they are made of.

*Fields* are numbers of an atom or a bond that an earlier kernel computed, such as a density. For every column
of the Jacobian each of them has a *tangent*, its derivative by that column. So an expression O changes by

    dO = sum over fields f of (dO/df) f'  +  sum over the names whose column it is of dO/dname

where the names are parameters as written (gamma of bond 1 and gamma of bond 2 are two names).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from hpcfit.formula.differentiate import derivative
from hpcfit.formula.graph import Graph
from hpcfit.formula.node import Node, Uses
from hpcfit.formula.stage import frontier
from hpcfit.formula.walk import first_met
from hpcfit.formula.written import WrittenName
from hpcfit.kernels.cuda.tables import has_unit
from hpcfit.kernels.symbols import Symbols, active_symbols


@dataclass(frozen=True)
class Change:
    """Derivatives of the outputs by one name, or by any of the parameters of one spline.

    Attributes:
        outputs: the derivatives, in the order of the outputs.
        number: the node that stands for the number of the parameter among `names`; None if there is one only.
    """

    names: tuple[WrittenName, ...]
    outputs: tuple[Node, ...]
    number: Node | None = None


@dataclass(frozen=True)
class Outputs:
    """Expressions of one stage and what they change by.

    Attributes:
        by_fields: sums over the fields (zero where there are none).
        changes: by parameters.
    """

    symbols: Symbols
    nodes: tuple[Node, ...]
    by_fields: tuple[Node, ...]
    changes: tuple[Change, ...]

    @property
    def graph(self) -> Graph:
        return self.symbols.graph

    @property
    def names(self) -> tuple[WrittenName, ...]:
        """Of all changes, one after the other."""
        return tuple(name for change in self.changes for name in change.names)

    @property
    def everything(self) -> list[Node]:
        """All that may have to be computed."""
        return [*self.nodes, *self.by_fields, *(node for change in self.changes for node in change.outputs)]

    def table_nodes(self) -> list[Node]:
        """The parts that are made of parameters alone."""
        found = frontier(self.graph, self.everything, _has_variables)
        return [node for node in found if node.op != "unit"]


def outputs_of(
    symbols: Symbols, nodes: Iterable[Node], fields: Mapping[Node, Node], active: Collection[str]
) -> Outputs:
    """The outputs `nodes` of a stage.

    Args:
        fields: the symbol of the tangent of each field.
        active: names of the parameters with columns; with none, fields have no tangents either.
    """
    graph, nodes = symbols.graph, tuple(nodes)
    by_fields = [graph.zero for _ in nodes]
    if active:
        for field, tangent in fields.items():
            known: dict[Node, Node] = {}
            for k, node in enumerate(nodes):
                slope = derivative(graph, node, field, known)
                by_fields[k] = graph.add(by_fields[k], graph.mul(slope, tangent))
    return Outputs(symbols, nodes, tuple(by_fields), tuple(_changes(symbols, nodes, active)))


def _changes(symbols: Symbols, nodes: Sequence[Node], active: Collection[str]) -> Iterable[Change]:
    graph, zero = symbols.graph, symbols.graph.zero
    found = active_symbols(symbols, nodes, active)
    blocks = [node for node in first_met(nodes, lambda node: node.args) if node.op == "block"]
    done: set[Node] = set()
    for block in blocks:
        if not any(symbol in block.args for symbol in found):
            continue
        outputs = _by(graph, nodes, block.args[0])
        early = frontier(graph, outputs, _has_variables)
        if any(node.op != "unit" and has_unit(node) for node in early):
            continue  # a number of its own for each parameter, in the tables
        done.update(block.args)
        names = tuple(symbols.written[argument] for argument in block.args)
        yield Change(names, outputs, graph.valued("unit", (), f"{block.value},0"))
    for symbol in found:
        if symbol not in done:
            outputs = _by(graph, nodes, symbol)
            if any(node is not zero for node in outputs):  # it may stand in a condition alone
                yield Change((symbols.written[symbol],), outputs)


def _by(graph: Graph, nodes: Sequence[Node], symbol: Node) -> tuple[Node, ...]:
    known: dict[Node, Node] = {}
    return tuple(derivative(graph, node, symbol, known) for node in nodes)


def _has_variables(node: Node) -> bool:
    return bool(node.uses & Uses.VARIABLES)
