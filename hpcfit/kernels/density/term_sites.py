"""Generated code that runs once per site: forces of terms with densities, and sums for the atom.

The gradient g_x = dE_i/dD_x of a bond at fixed densities goes to its centre, and minus that to its
neighbour. The derivatives by functions S_k of the atom are summed into e_k (`fields`) and into what that
responds to (`responses`). Where S_k respond to parameters, each moves the gradients by
sum_k dg_x/dS_k dS_k/dtheta; eight lanes are eight parameters then, and the forces are collected in `pushed`:
for each species of centres, each atom and axis `width` numbers.

While gradients of eight bonds are computed they lie in slots behind the bonds: x, y, z and the energy, one
slot for each column. Loops over slots keep the code short, whatever the number of columns.
"""

from __future__ import annotations

from collections.abc import Mapping

from hpcfit.formula.node import Node
from hpcfit.formula.print_python import expression_text
from hpcfit.kernels.atom_rows import AtomRows
from hpcfit.kernels.density.term_bonds import TermRows, load_functions
from hpcfit.kernels.density.term_plan import DensityTermPlan, TermColumn
from hpcfit.kernels.environment.slots import SLOT
from hpcfit.kernels.layout import KindTable
from hpcfit.kernels.text import Text
from hpcfit.kernels.triplet_loop import AXES, load_constants, over_far_species, write_triplets


class DensityTermSites:
    """Writes the site stage of one set.

    Args:
        first: where `columns` says what each species responds to (slots.py).
    """

    def __init__(
        self,
        plan: DensityTermPlan,
        bond: KindTable,
        triplet: KindTable | None,
        rows: TermRows,
        atoms: AtomRows,
        first: int,
        n_species: int,
    ) -> None:
        self.plan = plan
        self.bond = bond
        self.triplet = triplet
        self.rows = rows
        self.atoms = atoms
        self.first = first
        self.n_species = n_species
        near = [column for column in plan.forces if not column.of_far_kind]
        self.symmetric = [column for column in near if column.symmetric and column in rows.slopes]
        self.scattered = [column for column in near if not column.symmetric]
        probes = [column for column in plan.sums if column.by in [(k,) for k in plan.probes]]
        self.probes = sorted(
            (column for column in probes if column.name is None), key=lambda column: column not in rows.slopes
        )
        self.far = [column for column in plan.forces if column.of_far_kind]
        #: columns by their slots
        self.slots = [*self.symmetric, *self.scattered, *self.probes, *self.far]
        self.near_sums = [column for column in plan.sums if not column.of_far_kind]
        self.far_sums = [column for column in plan.sums if column.of_far_kind]

    @property
    def n_slots(self) -> int:
        """For how many slots the end of the scratch array must have room."""
        return len(self.slots)

    def write(self, text: Text, name: str) -> None:
        """Function `name` over the sites first..last-1 of one block."""
        arguments = (
            "first, last, origin, species, groups, rows_of, scratch, capacity, table, columns, value_column, "
            "n_rows, predictions, sums, base, fields, most_atoms, responses, response_sums, pushed, width"
        )
        text.add("@kernel")
        with text.block(f"def {name}({arguments}):"), text.block("for site in range(first, last):"):
            text.add(
                f"g = {2 * self.n_species} * (site - first)", "row = origin + 3 * site", "i = site - base"
            )
            text.add("centre = get(species, site)", f"home = i * {self.atoms.n_responses} * width")
            if self.probes:
                text.add(f"n_slots = get(columns, {self.first + 1} + 2 * centre)")
            self.of_atom = load_functions(text, self.plan, self.atoms)
            with text.over("near", self.n_species):
                text.add("start = get(groups, g + 2 * near)", "count = get(groups, g + 2 * near + 1)")
                with text.block("if count > 0:"):
                    self._group(text)
        text.add("", "")

    def _group(self, text: Text) -> None:
        """All bonds to neighbours of one species."""
        text.add(f"kind = {self.n_species} * centre + near")
        text.add(f"cutoff = get(table, {self.bond.first_entry} + {self.bond.n_entries} * kind)")
        text.add(*(f"a{k} = zero()" for k in range(len(self.near_sums))))
        with text.block("for v in range(start, start + count, 8):"):
            self._bonds(text)
        for k, column in enumerate(self.near_sums):
            self._add_sum(text, column, "kind", f"total(a{k})")

    def _add_sum(self, text: Text, column: TermColumn, kind: str, value: str) -> None:
        """Into e_k, e_kl, or what e_k responds to."""
        if column.name is None:
            k = column.by[0]
            row = self.atoms.function_slope(k) if len(column.by) == 1 else self.atoms.second[column.by]
            text.add(f"increase(fields, {row} * most_atoms + i, {value})")
            return
        table = self.triplet if column.of_far_kind else self.bond
        assert table is not None
        place = table.first_slot + table.columns.index(column.name)
        text.add(f"slot = get(columns, {place} + {len(table.columns)} * {kind})")
        with text.block("if slot >= 0:"):
            row = self.atoms.slope_response(column.by[0])
            text.add(f"increase(responses, home + {row} * width + slot, {value})")

    def _bonds(self, text: Text) -> None:
        """Eight bonds."""
        text.add("r = load(scratch, v)", "lanes = min(8, start + count - v)")
        text.add(*(f"u{a} = load(scratch, v + {k + 1} * capacity)" for k, a in enumerate(AXES)))
        for k, column in enumerate(self.near_sums):
            if column in self.rows.energies:
                text.add(f"a{k} = a{k} + load(scratch, v + {self.rows.energies[column]} * capacity)")
        for columns in ([*self.symmetric, *self.scattered], self.probes):
            self._start_slots(text, columns)
        if self.plan.triplet.columns:
            self._triplets(text)
        self._finish_slots(text, self.scattered, self.bond, "kind", "1.0, lanes")
        self._finish_slots(text, self.symmetric, self.bond, "kind", "0.5, 0")
        for column in self.probes:
            values = f"home + {self.atoms.value_response(column.by[0])} * width"
            text.add(
                f"push(scratch, {self._slot(column)}, {values}, n_slots, centre, i, lanes, v, r, cutoff, "
                "ux, uy, uz, row, rows_of, most_atoms, responses, response_sums, pushed, width)"
            )

    def _slot(self, column: TermColumn) -> str:
        return f"{self.rows.total} * capacity + {SLOT * self.slots.index(column)}"

    def _start_slots(self, text: Text, columns: list[TermColumn]) -> None:
        """The slots of these columns, of which those with slopes come first, in the order of their rows."""
        if not columns:
            return
        rows = [self.rows.slopes[column] for column in columns if column in self.rows.slopes]
        first, last = (f"v + {row} * capacity" for row in (rows[0], rows[-1] + 1)) if rows else ("0", "0")
        where = f"{self._slot(columns[0])}, {first}, {last}, {len(columns)}"
        text.add(f"start_slots(scratch, {where}, capacity, ux, uy, uz)")

    def _finish_slots(
        self, text: Text, columns: list[TermColumn], table: KindTable | None, kind: str, how: str
    ) -> None:
        """Slots that follow one another, whose names in the table do so too, to their columns."""
        rest = "v, r, cutoff, ux, uy, uz, row, rows_of, n_rows, predictions, sums"
        if columns and columns[0].name is None:
            text.add(f"finish_slot(scratch, {self._slot(columns[0])}, value_column, {how}, {rest})")
            columns = columns[1:]
        if not columns:
            return
        assert table is not None
        assert columns[0].name is not None
        place = table.first_column + table.columns.index(columns[0].name)
        text.add(f"q = {place} + {len(table.columns)} * {kind}")
        with text.block(f"for k in range({len(columns)}):"):
            text.add("column = get(columns, q + k)")
            with text.block("if column >= 0:"):
                text.add(
                    f"finish_slot(scratch, {self._slot(columns[0])} + {SLOT} * k, column, {how}, {rest})"
                )

    def _triplets(self, text: Text) -> None:
        assert self.triplet is not None
        plan, symbols = self.plan, self.plan.symbols
        rows = self.rows.stored
        here = {node: f"b1_{row}" for node, row in rows.items() if row}
        text.add(*(f"{name} = load(scratch, v + {name[3:]} * capacity)" for name in here.values()))
        text.add("place = count_from(float(v))")
        with over_far_species(text, self.n_species):
            constants = load_constants(text, self.triplet, self.n_species, plan.triplet_table)
            given = {symbols.r1: "r", **here, **self.of_atom, **constants}
            self._add_triplets(text, write_triplets(text, symbols, plan.triplet, given, rows))

    def _add_triplets(self, text: Text, names: Mapping[Node, str]) -> None:
        """The sums over the bonds y of one species."""
        inverse = names[self.plan.graph.inverse(self.plan.symbols.r1)]
        self._start_slots(text, self.far)
        for column in self.slots:
            if column.triplet is None:
                continue
            found = self.plan.triplet.columns[column.triplet]
            turns = (self._combined(found.turn, f"h{axis}", names) for axis in AXES)
            parts = [self._combined(found.slope, "s", names), *turns, inverse, "ux", "uy", "uz"]
            energy = "zero()" if column.by else self._combined(found.energy, "s", names)
            text.add(f"add_triplets(scratch, {self._slot(column)}, {', '.join([*parts, energy])})")
        self._finish_slots(text, self.far, self.triplet, "triplet", "1.0, lanes")
        for column in (*self.near_sums, *self.far_sums):
            if column.triplet is None:
                continue
            energy = self._combined(self.plan.triplet.columns[column.triplet].energy, "s", names)
            value = f"where_less(r, cutoff, {energy}, 0.0)"
            if column.of_far_kind:
                self._add_sum(text, column, "triplet", f"total({value})")
            else:
                k = self.near_sums.index(column)
                text.add(f"a{k} = a{k} + {value}")

    def _combined(self, products: tuple[tuple[Node, int], ...], sums: str, names: Mapping[Node, str]) -> str:
        """Factors times sums of the loop over bonds y."""
        terms = [f"{expression_text(self.plan.graph, node, names)} * {sums}{k}" for node, k in products]
        return " + ".join(terms) or "zero()"
