"""The kernel that runs first: expressions of parameters alone, for each kind of bond, of triplet or of atom.

It is what table_writer.py writes for the processor: the layout is the same, so that `number_array` and
`column_array` (layout.py) belong to it as well. One block does one table, one thread a kind at a time.
"""

from __future__ import annotations

from collections.abc import Sequence

from hpcfit.formula.node import Node
from hpcfit.formula.print_cuda import assignment_lines, expression_text
from hpcfit.formula.spline_nodes import CUBICS
from hpcfit.formula.stage import schedule
from hpcfit.formula.written import WrittenName
from hpcfit.kernels.cuda.text import CudaText
from hpcfit.kernels.layout import KindTable, Layout
from hpcfit.kernels.spline_tables import SplineTables
from hpcfit.kernels.symbols import Symbols

ARGUMENTS = (
    "const double *values, const double *constants, const int *numbers, double *table, index_t n_values"
)


class CudaTables:
    """Lays out the tables of a model and writes the kernel that fills them."""

    def __init__(self, n_species: int) -> None:
        self.n_species = n_species
        self._tables: list[KindTable] = []
        self._text = CudaText()
        self._n_numbers = self._n_columns = self._n_entries = 0

    @property
    def layout(self) -> Layout:
        """The tables so far."""
        size = max(self._n_entries, 1)
        return Layout(self.n_species, tuple(self._tables), size, self._n_columns, ())

    def kernel(self) -> str:
        """Source of fill_table, one block for each table."""
        text = CudaText()
        with text.block(f'extern "C" __global__ void fill_table({ARGUMENTS})'):
            text.extend(self._text.lines)
        return str(text)

    def add(
        self,
        potential: int,
        atoms: int,
        symbols: Symbols,
        nodes: Sequence[Node],
        columns: Sequence[WrittenName],
    ) -> KindTable:
        """A table of `nodes` for each kind, and of column numbers for the names `columns`.

        For kinds that the potential does not know the first node is set to 0: as a cutoff it keeps their
        bonds out, and then it does not matter what the others are.
        """
        used, splines = SplineTables.of(symbols, nodes)
        n_kinds = self.n_species**atoms
        table = KindTable(
            potential,
            atoms,
            tuple(symbols.written[node] for node in (*used, *splines.coefficients)),
            tuple(columns),
            self._n_numbers,
            self._n_columns,
            self._n_entries,
            len(nodes),
            all_have_columns=self.n_species == 1,
        )
        self._n_numbers += n_kinds * table.n_numbers
        self._n_columns += n_kinds * len(columns)
        self._n_entries += n_kinds * len(nodes)
        places = self._places(splines, len(used), n_kinds)
        self._tables.append(table)
        with self._text.block(f"if (blockIdx.x == {len(self._tables) - 1})"):
            head = f"for (int kind = threadIdx.x; kind < {n_kinds}; kind += blockDim.x)"
            with self._text.block(head):
                self._write_kind(table, symbols, used, places, nodes)
        return table

    def _places(self, splines: SplineTables, first: int, n_kinds: int) -> dict[Node, str]:
        """For each block an expression that gives the place of its polynomials, and makes them if need be."""
        found: dict[Node, str] = {}
        for node in splines.blocks:
            shape = str(node.value).split(",")
            if node.op == "unit":
                found[node] = f"{shape[3]}.0"
            elif node.op == "fixed":
                found[node] = f"(double)(n[{first}] - n_values)"
            else:
                size = 4 * (int(shape[0]) + 1) + int(shape[0]) + 2
                place = f"{self._n_entries} + {size} * kind"
                found[node] = f"spline_rows(values, n + {first}, {', '.join(shape)}, table, {place})"
                self._n_entries += n_kinds * size
            first += len(node.args)
        return found

    def _write_kind(
        self,
        table: KindTable,
        symbols: Symbols,
        used: Sequence[Node],
        places: dict[Node, str],
        nodes: Sequence[Node],
    ) -> None:
        text, graph = self._text, symbols.graph
        text.add(f"const int *n = numbers + {table.first_number} + {table.n_numbers} * kind;")
        text.add(f"double *t = table + {table.first_entry} + {table.n_entries} * kind;")
        given = {node: f"v{k}" for k, node in enumerate(used)}
        text.add(*(f"const double {name} = values[n[{k}]];" for k, name in enumerate(given.values())))
        for k, (node, place) in enumerate(places.items()):
            given[node] = f"b{k}"
            text.add(f"const double b{k} = {place};")
        assignments, names = schedule(graph, nodes, given, "p")
        text.extend(assignment_lines(graph, assignments, names))
        for k, node in enumerate(nodes):
            value = expression_text(graph, node, names)
            text.add(f"t[{k}] = {f'n[{len(table.symbols)}] ? {value} : 0.0' if k == 0 else value};")


def has_unit(node: Node) -> bool:
    """Whether an expression contains a derivative of a spline by one of its parameters."""
    pending, seen = [node], {node}
    while pending:
        current = pending.pop()
        if current.op in CUBICS and current.args[1].op == "unit":
            return True
        fresh = [each for each in current.args if each not in seen]
        seen.update(fresh)
        pending += fresh
    return False
