"""Generated code that runs once per site: forces and virials of a bond environment (plan.py).

The gradient of a bond goes to the centre, and minus that to the neighbour. Where a derivative by a parameter
does not contain zeta and is the same from either end of the bond, that is not needed: the neighbour has the
same bond in its own list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hpcfit.formula.node import Node
from hpcfit.formula.written import WrittenName
from hpcfit.kernels.atom_rows import AtomRows
from hpcfit.kernels.environment.loop import write_masked_loop
from hpcfit.kernels.environment.plan import EnvironmentPlan
from hpcfit.kernels.environment.rows import EnvironmentRows
from hpcfit.kernels.environment.slots import SLOT, EnvironmentSlots
from hpcfit.kernels.environment.zeta_stage import ATOM_ARGUMENTS, load_entries
from hpcfit.kernels.layout import KindTable
from hpcfit.kernels.text import Text
from hpcfit.kernels.triplet_loop import (
    AXES,
    over_far_species,
    write_before_loop,
    write_factors,
    write_gradient,
)

#: variables of Z
PROBE = ("zx", "zy", "zz")
_THIRD = "if get(groups, g + 2 * third + 1) > 0:"


class EnvironmentSites:
    """Writes the forces of one environment.

    Attributes:
        vectors: where in the scratch array the V of a site's bonds are; None if only B multiplies them.
        runs: columns with a weight whose slots follow each other: (first name, first column, how many).
    """

    def __init__(
        self,
        plan: EnvironmentPlan,
        bond: KindTable,
        triplet: KindTable,
        rows: EnvironmentRows,
        slots: EnvironmentSlots,
        atoms: AtomRows | None = None,
        first_response: int = 0,
    ) -> None:
        self.atoms = atoms
        self.first_response = first_response
        self.plan = plan
        self.bond = bond
        self.triplet = triplet
        self.rows = rows
        self.slots = slots
        self.n_species = rows.n_species
        several = plan.n_responses > 1 or plan.far or plan.probes
        self.vectors = slots.address(str(slots.total)) if several else None
        responding = plan.columns[: plan.n_responses]
        n_own = sum(column.name is None or column.name in slots.own for column in responding)
        self.runs: list[tuple[WrittenName | None, int, int]] = [(None, 0, n_own)]
        if n_own < len(responding):
            self.runs.append((responding[n_own].name, n_own, len(responding) - n_own))

    def write(self, text: Text, name: str) -> None:
        """Function `name` over the sites first..last-1 of one block."""
        arguments = (
            "first, last, origin, species, groups, rows_of, scratch, capacity, table, columns, "
            "value_column, n_rows, predictions, sums"
        )
        arguments += ATOM_ARGUMENTS if self.atoms is not None else ""
        text.add("@kernel")
        with text.block(f"def {name}({arguments}):"), text.block("for site in range(first, last):"):
            text.add(f"g = {2 * self.n_species} * (site - first)", "row = origin + 3 * site")
            with text.over("near", self.n_species):
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
        here = {node: f"a{row}" for node, row in self.rows.stored.items() if row}
        text.add(*(f"{name} = load(scratch, v + {name[1:]} * capacity)" for name in here.values()))
        text.add("place = count_from(float(v))", *(f"{name} = zero()" for name in PROBE))
        with over_far_species(text, self.n_species):
            self._triplets(text, here)
            self._respond(text)
        self._move(text)
        for k, column in enumerate(self.plan.columns[self.plan.n_responses :], self.plan.n_responses):
            if column.slope is not self.plan.graph.zero:
                text.add(f"w = load(scratch, v + {self.rows.slopes + k} * capacity)")
                self.slots.add(text, column.name, [f"w * u{a}" for a in AXES], "near", "far")
        self._spread_slots(text)
        if self.plan.probes:
            self._push(text)

    def _push(self, text: Text) -> None:
        """The gradients by functions of the atom, to what these respond to."""
        assert self.atoms is not None
        text.add("i = site - base", "centre = get(species, site)")
        text.add(f"respond_to = get(columns, {self.first_response + 1} + 2 * centre)")
        for place, probe in enumerate(self.plan.probes):
            slot = self.slots.address(str(self.slots.first_probe + place))
            values = f"(i * {self.atoms.n_responses} + {self.atoms.value_response(probe.k)}) * width"
            text.add(
                f"push(scratch, {slot}, {values}, respond_to, centre, i, lanes, v, r, cutoff, ux, uy, uz, "
                "row, rows_of, most_atoms, responses, response_sums, pushed, width)"
            )

    def _triplets(self, text: Text, here: Mapping[Node, str]) -> None:
        """Z, V and what parameters of G have besides, for the bonds y of one species."""
        plan, symbols = self.plan, self.plan.symbols
        constants = {node: f"p{k}" for k, node in enumerate(plan.triplet_table)}
        load_entries(text, self.triplet, f"{self.n_species} * kind + far", constants.values())
        given = write_before_loop(text, symbols, plan.forces, {symbols.r1: "r", **here, **constants})
        where = self.rows.of_bond_2, plan.reverse, self.vectors, self.rows.weights
        write_masked_loop(text, symbols, plan.forces, given, *where)
        names = write_factors(text, symbols, plan.forces, given)
        for column in plan.forces.columns:
            found = write_gradient(text, symbols, column, names, "_t")
            gradient = [found[f"g{axis}_t"] for axis in AXES]
            if column.name is None:
                text.add(*(f"{z} = {z} + {value}" for z, value in zip(PROBE, gradient, strict=True)))
            else:
                self.slots.add(text, column.name, gradient, "near", "far")

    def _respond(self, text: Text) -> None:
        """B of the bonds y, and its derivatives."""
        if self.vectors is None:
            self.slots.add(text, None, [f"v{axis}" for axis in AXES], "near", "far")
            return
        for name, first, count in self.runs:
            self._call_respond(text, name, count, f"{self.rows.weights + first}", "far", "far")
        if n := len(self.plan.probes):
            first_row = str(self.rows.weights + self.plan.n_responses)
            self._respond_at(text, str(self.slots.first_probe), SLOT, n, first_row)
        if self.plan.far is None:
            return
        with text.block(f"for third in range({self.n_species}):"), text.block(_THIRD):
            for name, place, count in self._far_runs():
                row = f"({self.rows.far + place} + {self.rows.n_far} * third)"
                self._call_respond(text, name, count, row, "far", "third")

    def _call_respond(
        self, text: Text, name: WrittenName | None, count: int, row: str, near: str, far: str
    ) -> None:
        step = SLOT * self.slots.step(name)
        self._respond_at(text, self.slots.place(name, near, far), step, count, row)

    def _respond_at(self, text: Text, slot: str, step: int, count: int, row: str) -> None:
        text.add(
            f"respond(scratch, {self.slots.address(slot)}, {step}, {count}, {row} * capacity, capacity, "
            f"begin, end, {self.vectors})"
        )

    def _far_runs(self) -> list[tuple[WrittenName, int, int]]:
        """Far names whose slots follow each other: first name, its place among them, how many."""
        assert self.plan.far is not None
        names = [name for name, _ in self.plan.far.sums]
        n = len(self.slots.triplets)
        runs = [(names[0], 0, n)] if n else []
        return [*runs, *((name, k, 1) for k, name in enumerate(names[n:], n))]

    def _move(self, text: Text) -> None:
        """B and the slopes of the bonds x themselves, and their derivatives."""
        for name, first, count in self.runs:
            rows = [str(self.rows.weights + first), str(self.rows.slopes + first)]
            self._call_move(text, name, count, rows, "near")
        if n := len(self.plan.probes):
            firsts = self.rows.weights + self.plan.n_responses, self.rows.slopes + len(self.plan.columns)
            self._move_at(text, str(self.slots.first_probe), SLOT, n, [str(first) for first in firsts])
        if self.plan.far is None:
            return
        n = len(self.plan.far.sums)
        with text.block(f"for third in range({self.n_species}):"), text.block(_THIRD):
            for name, place, count in self._far_runs():
                parts = (self.rows.far + place, self.rows.far + n + place)
                rows = [f"({part} + {self.rows.n_far} * third)" for part in parts]
                self._call_move(text, name, count, rows, "third")

    def _call_move(
        self, text: Text, name: WrittenName | None, count: int, rows: Sequence[str], far: str
    ) -> None:
        step = SLOT * self.slots.step(name)
        self._move_at(text, self.slots.place(name, "near", far), step, count, rows)

    def _move_at(self, text: Text, slot: str, step: int, count: int, rows: Sequence[str]) -> None:
        weights, slopes = (f"v + {row} * capacity" for row in rows)
        text.add(
            f"move(scratch, {self.slots.address(slot)}, {step}, {count}, {weights}, {slopes}, capacity, "
            "zx, zy, zz, ux, uy, uz)"
        )

    def _spread_slots(self, text: Text) -> None:
        """The slots, to the columns that they stand for."""
        n, slots, bond = self.n_species, self.slots, self.bond
        centre = f"{n} * get(species, site)"
        self._spread(text, "value_column", "0")
        self._spread_some(text, bond, slots.own, "kind", "1 + k")
        self._spread_some(text, bond, slots.symmetric, "kind", f"{1 + len(slots.own)} + k", "0.5", "0")
        if not slots.bonds and not slots.triplets:
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
            f"spread(scratch, {self.slots.address(slot)}, {column}, {share}, {lanes}, v, r, cutoff, "
            "ux, uy, uz, row, rows_of, n_rows, predictions, sums)"
        )
