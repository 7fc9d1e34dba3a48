"""Generated code that adds up what bonds and atoms contribute, or its derivative; of pairs: triplet_sums.py.

Every thread works for one column: that of the value (`slot` 0), or of one parameter (`column`). The code
finds these names:

    atom            the centre; b a bond of it with r, ux, uy, uz (its length and unit vector)
    kind            of the bond (layout.py)
    slot, column    which column; no parameter has the column of slot 0

Contributions are added to *targets*, variables of the kernel: by a thread of slot 0 values, by others
derivatives. Where derivatives have targets of their own (`tangents`), every thread adds values as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from hpcfit.formula.node import Node
from hpcfit.formula.print_cuda import assignment_lines, expression_text
from hpcfit.formula.stage import frontier, schedule
from hpcfit.kernels.cuda.derivatives import Change, Outputs, outputs_of
from hpcfit.kernels.cuda.tables import CudaTables
from hpcfit.kernels.cuda.text import CudaText
from hpcfit.kernels.layout import KindTable
from hpcfit.kernels.symbols import Symbols

Names = Mapping[Node, str]
Targets = Sequence[str] | Sequence[tuple[str, ...]]
#: derivatives that one mask of bits can tell apart
_BITS = 32


@dataclass(frozen=True)
class Sums:
    """Contributions of one stage, with the table of what they need of parameters.

    Attributes:
        entries: the nodes of the table; the first is what decides whether a kind counts at all.
    """

    outputs: Outputs
    entries: tuple[Node, ...]
    table: KindTable
    n_species: int

    @property
    def constants(self) -> dict[Node, str]:
        """Where a kind's entries are, once `start` is written."""
        return {node: f"t{self.table.atoms}[{k}]" for k, node in enumerate(self.entries)}

    @property
    def places(self) -> list[tuple[int, Change]]:
        """The derivatives by parameters, and where their names stand among all."""
        found, place = [], 0
        for change in self.outputs.changes:
            found.append((place, change))
            place += len(change.names)
        return found

    @property
    def has_derivatives(self) -> bool:
        """Whether anything changes by a parameter."""
        zero = self.outputs.graph.zero
        return bool(self.outputs.changes) or any(node is not zero for node in self.outputs.by_fields)

    def start(self, text: CudaText, kind: str) -> None:
        """The pointer to the entries of a kind of this table: t1, t2 or t3."""
        place = f"{self.table.first_entry} + {self.table.n_entries} * ({kind})"
        text.add(f"const double *t{self.table.atoms} = table + {place};")

    def columns_of(self, kind: str) -> str:
        """The columns of a kind's names."""
        return f"(columns + {self.table.first_column} + {len(self.table.columns)} * ({kind}))"


def sums_of(
    tables: CudaTables,
    potential: int,
    symbols: Symbols,
    atoms: int,
    first: Node,
    nodes: Iterable[Node],
    fields: Mapping[Node, Node],
    active: Collection[str],
) -> Sums:
    """Contributions `nodes` of single atoms (`atoms` 1), bonds (2) or pairs of bonds (3).

    Args:
        first: for which the table has its first entry: the cutoff of bonds.
    """
    outputs = outputs_of(symbols, nodes, fields, active)
    return with_table(tables, potential, atoms, first, outputs)


def with_table(tables: CudaTables, potential: int, atoms: int, first: Node, outputs: Outputs) -> Sums:
    """The same of given outputs."""
    entries = tuple(dict.fromkeys([first, *outputs.table_nodes()]))
    table = tables.add(potential, atoms, outputs.symbols, entries, outputs.names)
    return Sums(outputs, entries, table, tables.n_species)


def write_matches(text: CudaText, sums: Sums, kind: str) -> None:
    """Which derivatives are those of the thread's column, for a kind: a bit for each parameter, and of the
    parameters of a spline the first and behind the last; before loops, as nothing in them changes that."""
    if not sums.outputs.changes:
        return
    name, single = sums.table.first_number, 0
    n_single = sum(change.number is None for change in sums.outputs.changes)
    text.add(*(f"unsigned mask{name}_{k} = 0;" for k in range(-(-n_single // _BITS))))
    for place, change in sums.places:
        if change.number is not None:
            text.add(f"int from{name}_{place} = {len(change.names)}, to{name}_{place} = 0;")
    with text.block("if (slot)"):
        text.add(f"const int *own = {sums.columns_of(kind)};")
        for place, change in sums.places:
            if change.number is None:
                mask = f"mask{name}_{single // _BITS}"
                text.add(f"{mask} |= own[{place}] == column ? {1 << single % _BITS}u : 0u;")
                single += 1
                continue
            first, last = f"from{name}_{place}", f"to{name}_{place}"
            head = f"for (int m = 0; m < {len(change.names)}; m++) if (own[{place} + m] == column)"
            with text.block(head):
                text.add(f"{first} = m < {first} ? m : {first};", f"{last} = m + 1;")


def write_bond(
    text: CudaText,
    sums: Sums,
    given: Names,
    targets: Sequence[str],
    tangents: Sequence[str] | None = None,
    kind: str = "kind",
) -> None:
    """Contributions of one bond, or one atom, whose table entries are at t2 or t1, after `write_matches`."""
    given = {**sums.constants, **given}
    graph, nodes = sums.outputs.graph, sums.outputs.nodes
    assignments, names = schedule(graph, nodes, given, "x")
    text.extend(assignment_lines(graph, assignments, names))
    write_values(text, sums, names, targets, tangents)
    write_derivatives(text, sums, names, tangents or targets, kind)


def write_derivatives(text: CudaText, sums: Sums, names: Names, targets: Targets, kind: str) -> None:
    """What a thread of a derivative adds."""
    if not sums.has_derivatives:
        return
    label, single = sums.table.first_number, 0
    with text.block("if (slot)"):
        _write_fields(text, sums, names, targets)
        for place, change in sums.places:
            if change.number is None:
                head = f"if (mask{label}_{single // _BITS} & {1 << single % _BITS}u)"
                single += 1
                _write_change(text, sums, change, head, {**names, **units_of(sums, change)}, targets)
                continue
            head = f"for (int m = from{label}_{place}; m < to{label}_{place}; m++)"
            head += f" if ({sums.columns_of(kind)}[{place} + m] == column)"
            _write_change(text, sums, change, head, {**names, change.number: "m"}, targets)


def write_values(
    text: CudaText, sums: Sums, names: Names, targets: Targets, tangents: Targets | None
) -> None:
    """What a thread of the value adds; every thread where derivatives have targets of their own."""
    graph = sums.outputs.graph
    with text.only_if(None if tangents else "!slot"):
        for node, target in zip(sums.outputs.nodes, targets, strict=True):
            if node is not graph.zero:
                _add(text, target, expression_text(graph, node, names))


def _write_fields(text: CudaText, sums: Sums, names: Names, targets: Targets) -> None:
    graph, nodes = sums.outputs.graph, sums.outputs.by_fields
    if any(node is not graph.zero for node in nodes):
        with text.block():
            _write_added(text, sums, nodes, names, targets)


def _write_change(
    text: CudaText, sums: Sums, change: Change, head: str, names: Names, targets: Targets
) -> None:
    with text.block(head):
        _write_added(text, sums, change.outputs, names, targets)


def units_of(sums: Sums, change: Change) -> dict[Node, str]:
    """The numbers of parameters in the derivative by one of a spline."""
    found = frontier(sums.outputs.graph, change.outputs, lambda node: node.op != "unit")
    return {node: f"{str(node.value).split(',')[3]}.0" for node in found if node.op == "unit"}


def _write_added(text: CudaText, sums: Sums, nodes: Sequence[Node], names: Names, targets: Targets) -> None:
    graph = sums.outputs.graph
    wanted = [node for node in nodes if node is not graph.zero]
    assignments, names = schedule(graph, wanted, names, "d")
    text.extend(assignment_lines(graph, assignments, names))
    for node, target in zip(nodes, targets, strict=True):
        if node is not graph.zero:
            _add(text, target, expression_text(graph, node, names))


def _add(text: CudaText, target: str | Sequence[str], value: str) -> None:
    """To one variable, or times the change of the angle to three."""
    if isinstance(target, str):
        text.add(f"{target} += {value};")
    elif len(target) == 1:
        text.add(f"{target[0]} += {value};")
    else:
        text.add(*(f"{name} += ({value}) * w{axis};" for name, axis in zip(target, "xyz", strict=True)))
