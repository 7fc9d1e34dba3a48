"""Generated code that runs once per call: expressions of parameters alone, for each kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hpcfit.formula.node import Node
from hpcfit.formula.print_python import assignment_lines, expression_text
from hpcfit.formula.stage import schedule
from hpcfit.formula.written import WrittenName
from hpcfit.kernels.layout import KindTable, Layout
from hpcfit.kernels.slots import ResponseTable
from hpcfit.kernels.spline_tables import SplineTables
from hpcfit.kernels.symbols import Symbols
from hpcfit.kernels.text import Text


class TableWriter:
    """Lays out the tables of a model and writes the function that fills them."""

    def __init__(self, n_species: int) -> None:
        self._n_species = n_species
        self._tables: list[KindTable] = []
        self._responses: list[ResponseTable] = []
        self._text = Text()
        self._n_numbers = 0
        self._n_columns = 0
        self._n_entries = 0

    @property
    def layout(self) -> Layout:
        """The tables so far."""
        size = max(self._n_entries, 1)
        return Layout(self._n_species, tuple(self._tables), size, self._n_columns, tuple(self._responses))

    def function(self) -> str:
        """Source of fill_table(values, numbers, table)."""
        text = Text()
        text.add("@kernel")
        with text.block("def fill_table(values, numbers, table):"):
            text.extend(self._text.lines or ["pass"])
        return str(text)

    def add(
        self,
        potential: int,
        atoms: int,
        symbols: Symbols,
        nodes: Sequence[Node],
        columns: Sequence[WrittenName],
        n_optional: int = 0,
        slots: bool = False,
    ) -> KindTable:
        """A table of `nodes` evaluated for each kind, and of column numbers for the names `columns`.

        For kinds that the potential does not know all nodes but the last `n_optional` are set to 0:
        a cutoff of 0 keeps their bonds out, and then it does not matter what the others are.
        `slots`: densities of the centre respond to the parameters `columns`.
        """
        used, splines = SplineTables.of(symbols, nodes)
        n_kinds = self._n_species**atoms
        table = KindTable(
            potential,
            atoms,
            tuple(symbols.written[node] for node in (*used, *splines.coefficients)),
            tuple(columns),
            self._n_numbers,
            self._n_columns,
            self._n_entries,
            len(nodes),
            all_have_columns=self._n_species == 1,
            first_slot=self._n_columns + n_kinds * len(columns) if slots else -1,
        )
        self._n_numbers += n_kinds * table.n_numbers
        self._n_columns += n_kinds * len(columns) * (2 if slots else 1)
        self._n_entries += n_kinds * len(nodes)
        blocks = splines.lines(len(used), self._n_entries, n_kinds)
        self._n_entries += splines.room(n_kinds)
        self._tables.append(table)
        with self._text.block(f"for kind in range({n_kinds}):"):
            self._write_kind(table, symbols, used, blocks, nodes, n_optional)
        return table

    def add_responses(self, potential: int) -> ResponseTable:
        """Room for what the densities of a potential respond to: the tables that it has with slots."""
        found = ResponseTable(potential, self._n_columns, self._n_species)
        self._n_columns += found.n_numbers
        self._responses.append(found)
        return found

    def _write_kind(
        self,
        table: KindTable,
        symbols: Symbols,
        used: Sequence[Node],
        blocks: Mapping[Node, str],
        nodes: Sequence[Node],
        n_optional: int,
    ) -> None:
        text, number = self._text, len(self._tables)  # numba is slow with names that are used twice
        text.add(f"n = {table.first_number} + {table.n_numbers} * kind")
        text.add(f"t = {table.first_entry} + {table.n_entries} * kind")
        given = {node: f"v{number}_{k}" for k, node in enumerate(used)}
        text.add(*(f"{name} = get(values, get(numbers, n + {k}))" for k, name in enumerate(given.values())))
        for k, (node, place) in enumerate(blocks.items()):
            given[node] = f"b{number}_{k}"
            text.add(f"b{number}_{k} = {place}")
        assignments, names = schedule(symbols.graph, nodes, given, f"p{number}_")
        text.extend(assignment_lines(symbols.graph, assignments, names))
        for k, node in enumerate(nodes):
            value = expression_text(symbols.graph, node, names)
            if k < len(nodes) - n_optional:
                value = f"{value} if get(numbers, n + {len(table.symbols)}) == 1 else 0.0"
            text.add(f"put(table, t + {k}, {value})")
