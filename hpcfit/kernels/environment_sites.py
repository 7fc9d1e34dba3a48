"""Generated code that runs once per site: forces and virials of a bond environment.

The gradient g_x = dE/dD_x of a bond, by its length at fixed zeta and by zeta of all bonds, goes to the
centre, and minus that to the neighbour. Where a derivative by a parameter does not contain zeta and is the
same from either end of the bond, that is not needed: the neighbour has the same bond in its own list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hpcfit.formula.node import Node
from hpcfit.formula.written import WrittenName
from hpcfit.kernels.environment_far import PROBE, FarStage
from hpcfit.kernels.environment_loop import write_masked_loop
from hpcfit.kernels.environment_plan import EnvironmentPlan
from hpcfit.kernels.environment_rows import EnvironmentRows
from hpcfit.kernels.environment_slots import SLOT, EnvironmentSlots
from hpcfit.kernels.environment_stage import load_entries, species_loop
from hpcfit.kernels.layout import KindTable
from hpcfit.kernels.text import Text
from hpcfit.kernels.triplet_loop import AXES, write_before_loop, write_factors, write_gradient

#: of a module, beside its environments
SPREAD = '''
@kernel
def spread(b, column, share, lanes, v, r, cutoff, ux, uy, uz, row, rows_of, scratch, n_rows, predictions,
           sums):
    """Gradients of eight bonds, which lie at b of the scratch array, to the force rows of a column and the
    virial's `share` of them. The neighbours of the first `lanes` get minus the gradients."""
    gx = where_less(r, cutoff, load(scratch, b), 0.0)
    gy = where_less(r, cutoff, load(scratch, b + 8), 0.0)
    gz = where_less(r, cutoff, load(scratch, b + 16), 0.0)
    increase_by_total(predictions, column * n_rows + row, gx, gy, gz)
    if lanes > 0:
        store_triples(scratch, b, gx, gy, gz)
    for lane in range(lanes):
        decrease_by_triple(predictions, column * n_rows + get(rows_of, v + lane), scratch, b + 4 * lane)
    if STRESS:
        place = STRIDE * column + 16
        length = share * r
        accumulate(sums, place, ux * (length * gx))
        accumulate(sums, place + 8, uy * (length * gy))
        accumulate(sums, place + 16, uz * (length * gz))
        accumulate(sums, place + 24, uy * (length * gz))
        accumulate(sums, place + 32, ux * (length * gz))
        accumulate(sums, place + 40, ux * (length * gy))
'''


class EnvironmentSites:
    """Writes the forces of one environment."""

    def __init__(
        self,
        plan: EnvironmentPlan,
        bond: KindTable,
        triplet: KindTable,
        rows: EnvironmentRows,
        slots: EnvironmentSlots,
    ) -> None:
        self.plan = plan
        self.bond = bond
        self.triplet = triplet
        self.rows = rows
        self.slots = slots
        self.n_species = rows.n_species
        self.far = None if plan.far is None else FarStage(plan, plan.far, triplet, rows, slots)

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
                    text.add(f"kind = {self.n_species} * get(species, site) + near")
                    text.add(f"cutoff = get(table, {self.bond.first_entry} + {self.bond.n_entries} * kind)")
                    with text.block("for v in range(start, start + count, 8):"):
                        self._bonds(text)
        text.add("", "")

    def _bonds(self, text: Text) -> None:
        """Eight bonds."""
        text.add("r = load(scratch, v)", "lanes = min(8, start + count - v)")
        text.add(*(f"u{a} = load(scratch, v + {k + 1} * capacity)" for k, a in enumerate(AXES)))
        with text.block(f"for k in range({SLOT // 8 * self.slots.total}):"):
            text.add(f"store(scratch, {self.slots.first} + 8 * k, zero())")
        for column, row in zip(self.plan.columns, self.rows.slopes, strict=True):
            if row is not None:
                text.add(f"w = load(scratch, v + {row} * capacity)")
                self.slots.add(text, column.name, [f"w * u{a}" for a in AXES], "near", "far")
        self._triplets(text)
        if self.far is not None:
            self.far.write(text)
        self._spread_slots(text)

    def _triplets(self, text: Text) -> None:
        plan, symbols = self.plan, self.plan.symbols
        here = {node: f"a{row}" for node, row in self.rows.stored.items() if row}
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
                write_masked_loop(text, symbols, plan.forces, given, self.rows.of_bond_2)
                self._add_triplets(text, write_factors(text, symbols, plan.forces, given))

    def _add_triplets(self, text: Text, names: Mapping[Node, str]) -> None:
        """The sums over the bonds y of one species, to the slots that they belong to."""
        for k, column in enumerate(self.plan.forces.columns):
            found = write_gradient(text, self.plan.symbols, column, names, "_t")
            gradient = [found[f"g{axis}_t"] for axis in AXES]
            if self.plan.far is not None and k == self.plan.far.probe:
                text.add(*(f"{name} = {name} + {value}" for name, value in zip(PROBE, gradient, strict=True)))
            else:
                self.slots.add(text, column.name, gradient, "near", "far")

    def _spread_slots(self, text: Text) -> None:
        """The slots, to the columns that they stand for."""
        n, slots, bond, centre = (
            self.n_species,
            self.slots,
            self.bond,
            f"{self.n_species} * get(species, site)",
        )
        self._spread(text, "value_column", "0")
        self._spread_some(text, bond, slots.own, "kind", "1 + k")
        self._spread_some(text, bond, slots.symmetric, "kind", f"{1 + len(slots.own)} + k", "0.5", "0")
        if not slots.bonds:
            return
        with text.block(f"for one in range({n}):"), text.block("if get(groups, g + 2 * one + 1) > 0:"):
            slot = f"{slots.n_single} + {n} * k + one"
            self._spread_some(text, bond, slots.bonds, f"{centre} + one", slot)
            if slots.triplets:
                with text.block(f"for two in range({n}):"):
                    kind = f"{n} * ({centre} + one) + two"
                    slot = f"{slots.n_single} + {n} * ({len(slots.bonds)} + {n} * k + one) + two"
                    self._spread_some(text, self.triplet, slots.triplets, kind, slot)

    def _spread_some(
        self,
        text: Text,
        table: KindTable,
        names: Sequence[WrittenName],
        kind: str,
        slot: str,
        share: str = "1.0",
        lanes: str = "lanes",
    ) -> None:
        """Parameters that stand side by side in a table."""
        if not names:
            return
        place = table.first_column + table.columns.index(names[0])
        text.add(f"q = {place} + {len(table.columns)} * ({kind})")
        with text.block(f"for k in range({len(names)}):"):
            text.add("column = get(columns, q + k)")
            with text.block("if column >= 0:"):
                self._spread(text, "column", slot, share, lanes)

    def _spread(self, text: Text, column: str, slot: str, share: str = "1.0", lanes: str = "lanes") -> None:
        text.add(
            f"spread({self.slots.address(slot)}, {column}, {share}, {lanes}, v, r, cutoff, ux, uy, uz, row, "
            "rows_of, scratch, n_rows, predictions, sums)"
        )
