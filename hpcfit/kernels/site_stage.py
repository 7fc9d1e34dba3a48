"""Generated code that runs once per site: forces and virials of the pair and the triplet term.

The gradient g_x = dE/dD_x of a bond goes to its centre, and minus that to its neighbour. A pair
term needs no such entry for the neighbour, because that has the same bond in its own list, and
1/2 U counted from both sides is U. The virial is sum_x D_x (x) g_x.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from hpcfit.formula.node import Node
from hpcfit.formula.written import WrittenName
from hpcfit.kernels.bond_stage import (
    direct_rows,
    n_rows,
    response_rows,
    slope_rows,
    stored_rows,
)
from hpcfit.kernels.density_force_stage import VOIGT, ResponseForces
from hpcfit.kernels.layout import KindTable
from hpcfit.kernels.plan import SetPlan
from hpcfit.kernels.slots import ResponseTable
from hpcfit.kernels.text import Text
from hpcfit.kernels.triplet_loop import AXES, load_constants, over_far_species, write_gradient, write_triplets


@dataclass(frozen=True)
class SiteColumn:
    """One column of the site stage: what the pair and the triplet term put into it."""

    label: str
    name: WrittenName | None
    slope_row: int | None
    triplet: int | None
    direct_row: int | None = None

    @property
    def of_far_kind(self) -> bool:
        """Which column it is depends on the species of bond y."""
        return self.name is not None and 2 in self.name.slots


def site_columns(plan: SetPlan) -> list[SiteColumn]:
    """The columns of a set: the value first, then the written names of both terms."""
    rows = {column.name: row for column, row in zip(plan.pair, slope_rows(plan), strict=True)}
    direct = {plan.pair[k].name: row for k, row in direct_rows(plan).items()}
    triplets = {column.name: k for k, column in enumerate(plan.triplet.columns)}
    names = list(dict.fromkeys([*rows, *triplets]))
    return [
        SiteColumn(f"_{k}", name, rows.get(name), triplets.get(name), direct.get(name))
        for k, name in enumerate(names)
    ]


class SiteStage:
    """Writes the site stage of one bond set."""

    def __init__(
        self,
        plan: SetPlan,
        bond: KindTable,
        triplet: KindTable | None,
        n_species: int,
        stress: bool,
        responses: tuple[ResponseTable, int] | None = None,
    ) -> None:
        self.plan = plan
        self.bond = bond
        self.triplet = triplet
        self.n_species = n_species
        self.stress = stress
        self.columns = site_columns(plan)
        self.near = [column for column in self.columns if not column.of_far_kind]
        self.far = [column for column in self.columns if column.of_far_kind]
        self.buffer = f"{n_rows(plan)} * capacity"
        self.responses = None
        if responses is not None:
            first, n_rows_of_atom = responses[0].first, responses[1]
            self.responses = ResponseForces(
                response_rows(plan), first, n_species, stress, self.buffer, n_rows_of_atom
            )

    def write(self, text: Text, name: str) -> None:
        """Function `name` over the sites first..last-1 of one block."""
        arguments = (
            "first, last, origin, species, groups, rows_of, scratch, capacity, table, columns, "
            "value_column, n_rows, predictions, sums"
        )
        if self.plan.forces:
            arguments += ", base, responses, response_sums"
        text.add("@kernel")
        with text.block(f"def {name}({arguments}):"), text.block("for site in range(first, last):"):
            text.add(f"g = {2 * self.n_species} * (site - first)", "row = origin + 3 * site")
            with text.over("near", self.n_species):
                text.add("start = get(groups, g + 2 * near)", "count = get(groups, g + 2 * near + 1)")
                with text.block("if count > 0:"):
                    self._group(text)
        text.add("", "")

    def _group(self, text: Text) -> None:
        text.add(f"kind = {self.n_species} * get(species, site) + near")
        text.add(f"cutoff = get(table, {self.bond.first_entry} + {self.bond.n_entries} * kind)")
        for column in self.near:
            text.add(f"column{column.label} = {self._column_of(column, 'kind')}")
            text.add(*(f"f{axis}{column.label} = zero()" for axis in AXES))
        if self.responses is not None:
            self.responses.start(text)
        with text.block("for v in range(start, start + count, 8):"):
            text.add("r = load(scratch, v)")
            text.add(*(f"u{a} = load(scratch, v + {k + 1} * capacity)" for k, a in enumerate(AXES)))
            for column in self.near:
                self._start_bond(text, column)
            if self.triplet is not None:
                self._triplets(text)
            for column in self.near:
                self._finish_bond(text, column)
            if self.triplet is not None:
                self._scatter(text, [column for column in self.near if column.triplet is not None])
            if self.responses is not None:
                self.responses.add_bonds(text)
        for column in self.near:
            with self._if_column(text, column):
                for k, axis in enumerate(AXES):
                    place = f"column{column.label} * n_rows + row + {k}"
                    text.add(f"increase(predictions, {place}, total(f{axis}{column.label}))")
        if self.responses is not None:
            self.responses.finish(text)

    def _column_of(self, column: SiteColumn, kind: str) -> str:
        if column.name is None:
            return "value_column"
        table = self.triplet if column.of_far_kind else self.bond
        assert table is not None
        place = table.columns.index(column.name)
        return f"get(columns, {table.first_column} + {len(table.columns)} * {kind} + {place})"

    def _if_column(self, text: Text, column: SiteColumn) -> AbstractContextManager[None]:
        always = column.name is None or self.bond.all_have_columns
        return text.only_if(None if always else f"column{column.label} >= 0")

    def _start_bond(self, text: Text, column: SiteColumn) -> None:
        if column.slope_row is not None:
            text.add(f"w{column.label} = load(scratch, v + {column.slope_row} * capacity)")
        if column.direct_row is not None:
            for k, axis in enumerate(AXES):
                text.add(f"h{axis}{column.label} = load(scratch, v + {column.direct_row + k} * capacity)")
        if column.triplet is not None:
            text.add(*(f"g{axis}{column.label} = zero()" for axis in AXES), f"e{column.label} = zero()")

    def _finish_bond(self, text: Text, column: SiteColumn) -> None:
        label = column.label
        if column.triplet is not None:
            for part in ("gx", "gy", "gz", "e"):
                text.add(f"{part}{label} = where_less(r, cutoff, {part}{label}, 0.0)")
            text.add(*(f"f{a}{label} = f{a}{label} + g{a}{label}" for a in AXES))
        if column.slope_row is not None:
            text.add(*(f"f{a}{label} = f{a}{label} + w{label} * u{a}" for a in AXES))
        if column.direct_row is not None:
            text.add(*(f"f{a}{label} = f{a}{label} + h{a}{label}" for a in AXES))
        if self.stress or column.triplet is not None:
            with self._if_column(text, column):
                self._add_sums(text, column, f"STRIDE * column{label}")

    def _add_sums(self, text: Text, column: SiteColumn, place: str) -> None:
        """Energy of the triplets, and virial r u (x) (dE/dD) of both terms."""
        label = column.label
        if column.triplet is not None:
            text.add(f"accumulate(sums, {place} + 8, e{label})")
        if not self.stress:
            return
        terms = [f"0.5 * w{label} * u{{}}"] if column.slope_row is not None else []
        terms += [f"0.5 * h{{}}{label}"] if column.direct_row is not None else []
        terms += [f"g{{}}{label}"] if column.triplet is not None else []
        text.add(*(f"t{a}{label} = r * ({' + '.join(terms).replace('{}', a)})" for a in AXES))
        for k, (a, b) in enumerate(VOIGT):
            text.add(f"accumulate(sums, {place} + {8 * (k + 2)}, u{a} * t{b}{label})")

    def _scatter(self, text: Text, columns: list[SiteColumn]) -> None:
        """Minus the gradients to the neighbours' force rows."""
        for k, column in enumerate(columns):
            for d, axis in enumerate(AXES):
                place = f"{self.buffer} + {8 * (3 * k + d)}"
                text.add(f"store(scratch, {place}, g{axis}{column.label})")
        with text.block("for lane in range(min(8, start + count - v)):"):
            to = (
                "row + 3 * (base - site + get(rows_of, v + lane))"
                if self.plan.forces
                else "get(rows_of, v + lane)"
            )
            text.add(f"to = {to}", f"b = {self.buffer} + lane")
            for k, column in enumerate(columns):
                with self._if_column(text, column):
                    for d in range(3):
                        place = f"column{column.label} * n_rows + to + {d}"
                        text.add(f"increase(predictions, {place}, -get(scratch, b + {8 * (3 * k + d)}))")

    def _triplets(self, text: Text) -> None:
        assert self.triplet is not None
        plan, symbols = self.plan, self.plan.bonds.symbols
        rows = stored_rows(plan)
        here = {node: f"a{row}" for node, row in rows.items() if row}
        text.add(*(f"{name} = load(scratch, v + {rows[node]} * capacity)" for node, name in here.items()))
        text.add("place = count_from(float(v))")
        with over_far_species(text, self.n_species):
            constants = load_constants(text, self.triplet, self.n_species, plan.triplet_table)
            given = {symbols.r1: "r", **here, **constants}
            names = write_triplets(text, symbols, plan.triplet, given, rows)
            for column in (*self.near, *self.far):
                self._finish_triplets(text, column, names)

    def _finish_triplets(self, text: Text, column: SiteColumn, names: Mapping[Node, str]) -> None:
        if column.triplet is None:
            return
        found = self.plan.triplet.columns[column.triplet]
        for name, value in write_gradient(text, self.plan.bonds.symbols, found, names, column.label).items():
            text.add(f"{name} = {value}" if column.of_far_kind else f"{name} = {name} + {value}")
        if column.of_far_kind:
            self._flush_far(text, column)

    def _flush_far(self, text: Text, column: SiteColumn) -> None:
        text.add(f"column{column.label} = {self._column_of(column, 'triplet')}")
        with self._if_column(text, column):
            text.add(*(f"f{a}{column.label} = zero()" for a in AXES))
            self._finish_bond(text, column)
            for k, axis in enumerate(AXES):
                place = f"column{column.label} * n_rows + row + {k}"
                text.add(f"increase(predictions, {place}, total(f{axis}{column.label}))")
            self._scatter(text, [column])
