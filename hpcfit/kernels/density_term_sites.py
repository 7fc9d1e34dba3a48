"""Generated code that runs once per site: forces of terms with densities, and sums for the atom.

The gradient g_x = dE_i/dD_x of a bond at fixed densities goes to its centre, and minus that to its
neighbour. The derivatives by functions S_k of the atom are summed into e_k (`fields`) and into what that
responds to (`responses`). Where S_k respond to parameters, each moves the gradients by
sum_k dg_x/dS_k dS_k/dtheta; eight lanes are eight parameters then, and the forces are collected in `pushed`:
for each species of centres, each atom and axis `width` numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext

from hpcfit.formula.node import Node
from hpcfit.kernels.atom_rows import AtomRows
from hpcfit.kernels.density_force_stage import VOIGT
from hpcfit.kernels.density_term_bonds import TermRows, load_functions
from hpcfit.kernels.density_term_plan import DensityTermPlan, TermColumn
from hpcfit.kernels.layout import KindTable
from hpcfit.kernels.text import Text
from hpcfit.kernels.triplet_loop import AXES, write_before_loop, write_factors, write_gradient, write_loop


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
        stress: bool,
    ) -> None:
        self.plan = plan
        self.bond = bond
        self.triplet = triplet
        self.rows = rows
        self.atoms = atoms
        self.first = first
        self.n_species = n_species
        self.stress = stress
        self.columns = (*plan.forces, *plan.sums)
        self.near = [column for column in self.columns if not column.of_far_kind]
        self.far = [column for column in self.columns if column.of_far_kind]
        self.scattered = [column for column in self.near if not column.by and not column.symmetric]
        probes = [(k,) for k in plan.probes]
        self.probes = [column for column in plan.sums if column.by in probes and column.name is None]
        self.buffer = f"{rows.total} * capacity"

    @property
    def n_buffered(self) -> int:
        """For how many gradients of eight bonds the end of the scratch array must have room."""
        return max(1, len(self.scattered), len(self.probes))

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
            self.of_atom = load_functions(text, self.plan, self.atoms)
            self._start_probes(text)
            with self._species_loop(text, "near"):
                text.add("start = get(groups, g + 2 * near)", "count = get(groups, g + 2 * near + 1)")
                with text.block("if count > 0:"):
                    self._group(text)
            self._finish_probes(text)
        text.add("", "")

    def _species_loop(self, text: Text, index: str) -> AbstractContextManager[None]:
        if self.n_species == 1:
            text.add(f"{index} = 0")
            return nullcontext()
        return text.block(f"for {index} in range({self.n_species}):")

    def _label(self, column: TermColumn) -> str:
        return f"_{self.columns.index(column)}"

    def _group(self, text: Text) -> None:
        """All bonds to neighbours of one species."""
        text.add(f"kind = {self.n_species} * centre + near")
        text.add(f"cutoff = get(table, {self.bond.first_entry} + {self.bond.n_entries} * kind)")
        for column in self.near:
            label = self._label(column)
            if column.by:
                text.add(f"a{label} = zero()")
            else:
                text.add(f"column{label} = {self._column_of(column, 'kind')}")
                text.add(*(f"f{axis}{label} = zero()" for axis in AXES))
        with text.block("for v in range(start, start + count, 8):"):
            self._bonds(text)
        for column in self.near:
            if column.by:
                self._add_sum(text, column, "kind", f"total(a{self._label(column)})")
            else:
                self._add_force(text, column)

    def _column_of(self, column: TermColumn, kind: str) -> str:
        if column.name is None:
            return "value_column"
        table, place = self._place(column)
        return f"get(columns, {table.first_column + place} + {len(table.columns)} * {kind})"

    def _place(self, column: TermColumn) -> tuple[KindTable, int]:
        table = self.triplet if column.of_far_kind else self.bond
        assert table is not None
        assert column.name is not None
        return table, table.columns.index(column.name)

    def _add_sum(self, text: Text, column: TermColumn, kind: str, value: str) -> None:
        """Into e_k, e_kl, or what e_k responds to."""
        if column.name is None:
            k = column.by[0]
            row = self.atoms.function_slope(k) if len(column.by) == 1 else self.atoms.second[column.by]
            text.add(f"increase(fields, {row} * most_atoms + i, {value})")
            return
        table, place = self._place(column)
        text.add(f"slot = get(columns, {table.first_slot + place} + {len(table.columns)} * {kind})")
        with text.block("if slot >= 0:"):
            row = self.atoms.slope_response(column.by[0])
            text.add(f"increase(responses, home + {row} * width + slot, {value})")

    def _add_force(self, text: Text, column: TermColumn) -> None:
        label = self._label(column)
        with self._if_column(text, column):
            for k, axis in enumerate(AXES):
                place = f"column{label} * n_rows + row + {k}"
                text.add(f"increase(predictions, {place}, total(f{axis}{label}))")

    def _if_column(self, text: Text, column: TermColumn) -> AbstractContextManager[None]:
        always = column.name is None or self.bond.all_have_columns
        return text.only_if(None if always else f"column{self._label(column)} >= 0")

    def _bonds(self, text: Text) -> None:
        """Eight bonds."""
        text.add("r = load(scratch, v)")
        text.add(*(f"u{a} = load(scratch, v + {k + 1} * capacity)" for k, a in enumerate(AXES)))
        for column in self.near:
            self._start_bonds(text, column)
        if self.plan.triplet.columns:
            self._triplets(text)
        for column in self.near:
            self._finish_bonds(text, column)
        self._scatter(text, self.scattered)
        self._push(text)

    def _has_gradient(self, column: TermColumn) -> bool:
        return not column.by or column in self.probes

    def _start_bonds(self, text: Text, column: TermColumn) -> None:
        label = self._label(column)
        if column in self.rows.energies:
            text.add(f"e{label} = load(scratch, v + {self.rows.energies[column]} * capacity)")
        else:
            text.add(f"e{label} = zero()")
        if not self._has_gradient(column):
            return
        if column in self.rows.slopes:
            text.add(f"w = load(scratch, v + {self.rows.slopes[column]} * capacity)")
            text.add(*(f"g{a}{label} = w * u{a}" for a in AXES))
        else:
            text.add(*(f"g{a}{label} = zero()" for a in AXES))

    def _finish_bonds(self, text: Text, column: TermColumn) -> None:
        """What there is of eight bonds, to where it is summed."""
        label = self._label(column)
        if column.triplet is not None:
            text.add(f"e{label} = where_less(r, cutoff, e{label}, 0.0)")
            if self._has_gradient(column):
                text.add(*(f"g{a}{label} = where_less(r, cutoff, g{a}{label}, 0.0)" for a in AXES))
        if column.by:
            text.add(f"a{label} = a{label} + e{label}")
            return
        text.add(*(f"f{a}{label} = f{a}{label} + g{a}{label}" for a in AXES))
        with self._if_column(text, column):
            if column.triplet is not None:
                text.add(f"accumulate(sums, STRIDE * column{label} + 8, e{label})")
            if self.stress:
                factor = "0.5 * r" if column.symmetric else "r"
                text.add(*(f"t{a} = {factor} * g{a}{label}" for a in AXES))
                for k, (a, b) in enumerate(VOIGT):
                    text.add(f"accumulate(sums, STRIDE * column{label} + {8 * (k + 2)}, u{a} * t{b})")

    def _store(self, text: Text, columns: Iterable[TermColumn]) -> None:
        for k, column in enumerate(columns):
            for d, axis in enumerate(AXES):
                text.add(f"store(scratch, {self.buffer} + {8 * (3 * k + d)}, g{axis}{self._label(column)})")

    def _scatter(self, text: Text, columns: list[TermColumn]) -> None:
        """Minus the gradients to the neighbours' force rows."""
        self._store(text, columns)
        with text.block("for lane in range(min(8, start + count - v)):"):
            text.add("to = row + 3 * (get(rows_of, v + lane) - i)", f"b = {self.buffer} + lane")
            for k, column in enumerate(columns):
                with self._if_column(text, column):
                    for d in range(3):
                        place = f"column{self._label(column)} * n_rows + to + {d}"
                        text.add(f"increase(predictions, {place}, -get(scratch, b + {8 * (3 * k + d)}))")

    def _triplets(self, text: Text) -> None:
        assert self.triplet is not None
        plan, symbols = self.plan, self.plan.symbols
        rows = self.rows.stored
        here = {node: f"b1_{row}" for node, row in rows.items() if row}
        text.add(*(f"{name} = load(scratch, v + {name[3:]} * capacity)" for name in here.values()))
        text.add("place = count_from(float(v))")
        with self._species_loop(text, "far"):
            text.add("begin = get(groups, g + 2 * far)", "end = begin + get(groups, g + 2 * far + 1)")
            with text.only_if(None if self.n_species == 1 else "end > begin"):
                text.add(f"triplet = {self.n_species} * kind + far")
                text.add(f"t = {self.triplet.first_entry} + {self.triplet.n_entries} * triplet")
                constants = {node: f"p{k}" for k, node in enumerate(plan.triplet_table)}
                text.add(*(f"{name} = get(table, t + {name[1:]})" for name in constants.values()))
                given = {symbols.r1: "r", **here, **self.of_atom, **constants}
                given = write_before_loop(text, symbols, plan.triplet, given)
                write_loop(text, symbols, plan.triplet, given, rows)
                names = write_factors(text, symbols, plan.triplet, given)
                for column in (*self.near, *self.far):
                    self._add_triplets(text, column, names)

    def _add_triplets(self, text: Text, column: TermColumn, names: Mapping[Node, str]) -> None:
        """The sums over the bonds y of one species."""
        if column.triplet is None:
            return
        label = self._label(column)
        found = write_gradient(
            text, self.plan.symbols, self.plan.triplet.columns[column.triplet], names, label
        )
        for name, value in found.items():
            if name[0] == "g" and not self._has_gradient(column):
                continue
            text.add(f"{name} = {value}" if column.of_far_kind else f"{name} = {name} + {value}")
        if column.of_far_kind:
            self._flush_far(text, column)

    def _flush_far(self, text: Text, column: TermColumn) -> None:
        label = self._label(column)
        if column.by:
            self._add_sum(text, column, "triplet", f"total(where_less(r, cutoff, e{label}, 0.0))")
            return
        text.add(f"column{label} = {self._column_of(column, 'triplet')}")
        with self._if_column(text, column):
            text.add(*(f"f{a}{label} = zero()" for a in AXES))
            self._finish_bonds(text, column)
            self._add_force(text, column)
            self._scatter(text, [column])

    def _start_probes(self, text: Text) -> None:
        """Sums over all bonds of the site: of dg_x/dS_k, and D_x (x) dg_x/dS_k."""
        for column in self.probes:
            label = self._label(column)
            text.add(*(f"v{axis}{label} = zero()" for axis in AXES))
            if self.stress:
                text.add(*(f"v{a}{b}{label} = zero()" for a, b in VOIGT))

    def _push(self, text: Text) -> None:
        """Minus what the gradient changes by, for each bond and each parameter, to the neighbour."""
        if not self.probes:
            return
        for column in self.probes:
            label = self._label(column)
            text.add(*(f"v{a}{label} = v{a}{label} + g{a}{label}" for a in AXES))
            if self.stress:
                text.add(*(f"v{a}{b}{label} = v{a}{b}{label} + r * u{a} * g{b}{label}" for a, b in VOIGT))
        self._store(text, self.probes)
        text.add(f"n_slots = get(columns, {self.first + 1} + 2 * centre)")
        with text.block("for lane in range(min(8, start + count - v)):"):
            text.add(
                "to = (centre * most_atoms + get(rows_of, v + lane)) * 3 * width", f"b = {self.buffer} + lane"
            )
            with text.block("for s in range(0, n_slots, 8):"):
                self._load_responses(text)
                for d in range(3):
                    terms = [
                        f"q{column.by[0]} * get(scratch, b + {8 * (3 * k + d)})"
                        for k, column in enumerate(self.probes)
                    ]
                    text.add(f"accumulate(pushed, to + {d} * width + s, -({' + '.join(terms)}))")

    def _load_responses(self, text: Text) -> None:
        for column in self.probes:
            k = column.by[0]
            text.add(f"q{k} = load(responses, home + {self.atoms.value_response(k)} * width + s)")

    def _finish_probes(self, text: Text) -> None:
        """The sum of that to the site itself, and the virial."""
        if not self.probes:
            return
        for column in self.probes:
            suffixes = [*AXES, *(f"{a}{b}" for a, b in VOIGT)] if self.stress else AXES
            text.add(*(f"v{of}{self._label(column)} = total(v{of}{self._label(column)})" for of in suffixes))
        text.add("to = (centre * most_atoms + i) * 3 * width")
        with text.block(f"for s in range(0, get(columns, {self.first + 1} + 2 * centre), 8):"):
            self._load_responses(text)
            for d, axis in enumerate(AXES):
                terms = (f"q{column.by[0]} * v{axis}{self._label(column)}" for column in self.probes)
                text.add(f"accumulate(pushed, to + {d} * width + s, {' + '.join(terms)})")
            if self.stress:
                for k, (a, b) in enumerate(VOIGT):
                    terms = (f"q{column.by[0]} * v{a}{b}{self._label(column)}" for column in self.probes)
                    place = f"(centre * 7 + {k + 1}) * width + s"
                    text.add(f"accumulate(response_sums, {place}, {' + '.join(terms)})")
