"""Generated code that runs once per site: forces and virials of a bond environment.

The gradient g_x = dE/dD_x of a bond, by its length at fixed zeta and by zeta of all bonds, goes to the
centre, and minus that to the neighbour. Where a derivative by a parameter does not contain zeta and is the
same from either end of the bond, that is not needed: the neighbour has the same bond in its own list.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager

from hpcfit.formula.node import Node
from hpcfit.kernels.environment_far import PROBE, FarStage, add_to_slot
from hpcfit.kernels.environment_plan import BondColumn, EnvironmentPlan
from hpcfit.kernels.environment_rows import EnvironmentRows
from hpcfit.kernels.environment_slots import EnvironmentSlots
from hpcfit.kernels.environment_stage import load_entries, species_loop
from hpcfit.kernels.layout import KindTable
from hpcfit.kernels.site_stage import VOIGT
from hpcfit.kernels.text import Text
from hpcfit.kernels.triplet_loop import AXES, write_before_loop, write_factors, write_gradient, write_loop


class EnvironmentSites:
    """Writes the forces of one environment.

    Attributes:
        own: columns whose gradients stay in variables: they are of the centre alone.
        symmetric: columns of which nothing goes to the neighbours.
        slotted: columns whose gradients go to slots.
    """

    def __init__(
        self,
        plan: EnvironmentPlan,
        bond: KindTable,
        triplet: KindTable,
        rows: EnvironmentRows,
        slots: EnvironmentSlots,
        stress: bool,
    ) -> None:
        self.plan = plan
        self.bond = bond
        self.triplet = triplet
        self.rows = rows
        self.slots = slots
        self.stress = stress
        self.n_species = rows.n_species
        self.row_of = dict(zip((column.name for column in plan.columns), rows.slopes, strict=True))
        used = [
            column
            for column in plan.columns
            if column.triplet is not None or self.row_of[column.name] is not None
        ]
        self.symmetric = [column for column in used if column.symmetric]
        self.slotted = [column for column in used if slots.has_slot(column)]
        self.own = [column for column in used if not column.symmetric and not slots.has_slot(column)]
        self.buffer = f"{rows.total} * capacity"
        self.first_slot = f"{self.buffer} + {24 * len(self.own)}"
        self.far = None
        if plan.far is not None:
            self.far = FarStage(plan, plan.far, triplet, rows, slots, self.first_slot)

    @property
    def n_buffered(self) -> int:
        """For how many gradients of eight bonds the end of the scratch array must have room."""
        return len(self.own) + self.slots.total

    def write(self, text: Text, name: str) -> None:
        """Function `name` over the sites first..last-1 of one block."""
        arguments = (
            "first, last, origin, species, groups, rows_of, scratch, capacity, table, columns, "
            "value_column, n_rows, predictions, sums"
        )
        text.add("@kernel")
        with text.block(f"def {name}({arguments}):"), text.block("for site in range(first, last):"):
            text.add(f"g = {2 * self.n_species} * (site - first)", "row = origin + 3 * site")
            with species_loop(text, "near", self.n_species):
                text.add("start, count = get(groups, g + 2 * near), get(groups, g + 2 * near + 1)")
                with text.block("if count > 0:"):
                    self._group(text)
        text.add("", "")

    def _label(self, column: BondColumn) -> str:
        return f"_{self.plan.columns.index(column)}"

    def _group(self, text: Text) -> None:
        """All bonds to neighbours of one species."""
        text.add(f"kind = {self.n_species} * get(species, site) + near")
        text.add(f"cutoff = get(table, {self.bond.first_entry} + {self.bond.n_entries} * kind)")
        for column in (*self.own, *self.symmetric):
            text.add(f"column{self._label(column)} = {self._column_of(column)}")
            text.add(*(f"f{axis}{self._label(column)} = zero()" for axis in AXES))
        with text.block("for v in range(start, start + count, 8):"):
            self._bonds(text)
        for column in (*self.own, *self.symmetric):
            with self._if_column(text, column):
                for k, axis in enumerate(AXES):
                    place = f"column{self._label(column)} * n_rows + row + {k}"
                    text.add(f"increase(predictions, {place}, total(f{axis}{self._label(column)}))")

    def _column_of(self, column: BondColumn) -> str:
        if column.name is None:
            return "value_column"
        place = self.bond.columns.index(column.name)
        return f"get(columns, {self.bond.first_column + place} + {len(self.bond.columns)} * kind)"

    def _if_column(self, text: Text, column: BondColumn) -> AbstractContextManager[None]:
        always = column.name is None or self.bond.all_have_columns
        return text.only_if(None if always else f"column{self._label(column)} >= 0")

    def _bonds(self, text: Text) -> None:
        """Eight bonds."""
        text.add("r = load(scratch, v)")
        text.add(*(f"u{a} = load(scratch, v + {k + 1} * capacity)" for k, a in enumerate(AXES)))
        for column in (*self.own, *self.symmetric):
            self._start(text, column)
        self._clear_slots(text)
        for column in self.slotted:
            if (row := self.row_of[column.name]) is not None:
                text.add(f"w = load(scratch, v + {row} * capacity)")
                assert column.name is not None
                slot = self.slots.place(column.name, "near", "far")
                add_to_slot(text, self.first_slot, slot, [f"w * u{a}" for a in AXES])
        self._triplets(text)
        if self.far is not None:
            self.far.write(text)
        for column in self.own:
            self._finish(text, column)
        for column in self.symmetric:
            label = self._label(column)
            text.add(*(f"f{a}{label} = f{a}{label} + w{label} * u{a}" for a in AXES))
            self._virial(text, column, f"0.5 * w{label} * u{{}}")
        self._scatter(text)
        if self.slots.total:
            self._spread_slots(text)

    def _start(self, text: Text, column: BondColumn) -> None:
        label, row = self._label(column), self.row_of[column.name]
        if row is not None:
            text.add(f"w{label} = load(scratch, v + {row} * capacity)")
        if not column.symmetric:
            text.add(*(f"g{a}{label} = {'zero()' if row is None else f'w{label} * u{a}'}" for a in AXES))

    def _finish(self, text: Text, column: BondColumn) -> None:
        label = self._label(column)
        text.add(*(f"g{a}{label} = where_less(r, cutoff, g{a}{label}, 0.0)" for a in AXES))
        text.add(*(f"f{a}{label} = f{a}{label} + g{a}{label}" for a in AXES))
        self._virial(text, column, f"g{{}}{label}")

    def _virial(self, text: Text, column: BondColumn, gradient: str) -> None:
        """r u (x) g for the stress."""
        if not self.stress:
            return
        label = self._label(column)
        with self._if_column(text, column):
            text.add(*(f"t{a} = r * ({gradient.replace('{}', a)})" for a in AXES))
            for k, (a, b) in enumerate(VOIGT):
                text.add(f"accumulate(sums, STRIDE * column{label} + {8 * (k + 2)}, u{a} * t{b})")

    def _scatter(self, text: Text) -> None:
        """Minus the gradients of `own` columns to the neighbours' force rows."""
        for k, column in enumerate(self.own):
            for d, axis in enumerate(AXES):
                text.add(f"store(scratch, {self.buffer} + {8 * (3 * k + d)}, g{axis}{self._label(column)})")
        with text.block("for lane in range(min(8, start + count - v)):"):
            text.add("to = get(rows_of, v + lane)", f"b = {self.buffer} + lane")
            for k, column in enumerate(self.own):
                with self._if_column(text, column):
                    for d in range(3):
                        place = f"column{self._label(column)} * n_rows + to + {d}"
                        text.add(f"increase(predictions, {place}, -get(scratch, b + {8 * (3 * k + d)}))")

    def _triplets(self, text: Text) -> None:
        plan, symbols = self.plan, self.plan.symbols
        stored = {**self.rows.early, **self.rows.late}
        here = {node: f"a{row}" for node, row in stored.items() if row}
        text.add(*(f"{name} = load(scratch, v + {name[1:]} * capacity)" for name in here.values()))
        text.add("place = count_from(float(v))")
        if self.far is not None:
            text.add(*(f"{name} = zero()" for name in PROBE))
        with species_loop(text, "far", self.n_species):
            text.add("begin = get(groups, g + 2 * far)", "end = begin + get(groups, g + 2 * far + 1)")
            with text.only_if(None if self.n_species == 1 else "end > begin"):
                constants = {node: f"p{k}" for k, node in enumerate(plan.triplet_table)}
                load_entries(text, self.triplet, f"{self.n_species} * kind + far", constants.values())
                given = {symbols.r1: "r", **here, **constants}
                given = write_before_loop(text, symbols, plan.forces, given)
                write_loop(text, symbols, plan.forces, given, self.rows.of_bond_2)
                names = write_factors(text, symbols, plan.forces, given)
                self._add_triplets(text, names)

    def _add_triplets(self, text: Text, names: Mapping[Node, str]) -> None:
        """The sums over the bonds y of one species, to the columns that they belong to."""
        own = {column.triplet: self._label(column) for column in self.own if column.triplet is not None}
        for k, column in enumerate(self.plan.forces.columns):
            found = write_gradient(text, self.plan.symbols, column, names, f"_t{k}")
            gradient = [found[f"g{axis}_t{k}"] for axis in AXES]
            if self.plan.far is not None and k == self.plan.far.probe:
                targets = list(PROBE)
            elif k in own:
                targets = [f"g{axis}{own[k]}" for axis in AXES]
            else:
                assert column.name is not None
                add_to_slot(text, self.first_slot, self.slots.place(column.name, "near", "far"), gradient)
                continue
            text.add(*(f"{g} = {g} + {value}" for g, value in zip(targets, gradient, strict=True)))

    def _clear_slots(self, text: Text) -> None:
        if self.slots.total:
            with text.block(f"for k in range({3 * self.slots.total}):"):
                text.add(f"store(scratch, {self.first_slot} + 8 * k, zero())")

    def _spread_slots(self, text: Text) -> None:
        """The slots, to the columns that they stand for."""
        n, slots, centre = self.n_species, self.slots, f"{self.n_species} * get(species, site)"
        text.add("lanes = min(8, start + count - v)")
        with text.block(f"for one in range({n}):"), text.block("if get(groups, g + 2 * one + 1) > 0:"):
            if slots.bonds:
                place = self.bond.columns.index(slots.bonds[0])
                self._spread(text, self.bond, len(slots.bonds), place, f"{centre} + one", f"{n} * k + one")
            if slots.triplets:
                with text.block(f"for two in range({n}):"):
                    kind = f"{n} * ({centre} + one) + two"
                    slot = f"{n} * ({len(slots.bonds)} + {n} * k + one) + two"
                    self._spread(text, self.triplet, len(slots.triplets), 0, kind, slot)

    def _spread(self, text: Text, table: KindTable, count: int, place: int, kind: str, slot: str) -> None:
        text.add(f"q = {table.first_column + place} + {len(table.columns)} * ({kind})")
        with text.block(f"for k in range({count}):"):
            text.add("column = get(columns, q + k)")
            with text.block("if column >= 0:"):
                text.add(
                    f"spread({self.first_slot} + 24 * ({slot}), column, lanes, v, r, cutoff, ux, uy, uz, "
                    "row, rows_of, scratch, n_rows, predictions, sums)"
                )
