"""Generated code that runs once per site before the forces: zeta of its bonds, their energies and B.

Eight lanes are eight bonds x of one kind. The loop over the bonds y of the site adds up zeta and its
derivatives; then energies, slopes and all that the forces need of each bond follow at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hpcfit.formula.node import Node
from hpcfit.formula.print_python import assignment_lines, expression_text
from hpcfit.formula.stage import schedule
from hpcfit.formula.written import WrittenName
from hpcfit.kernels.atom_rows import AtomRows
from hpcfit.kernels.environment.loop import write_masked_loop
from hpcfit.kernels.environment.plan import AtomSum, EnvironmentPlan
from hpcfit.kernels.environment.rows import EnvironmentRows
from hpcfit.kernels.layout import KindTable
from hpcfit.kernels.text import Text
from hpcfit.kernels.triplet_loop import AXES, over_far_species, write_before_loop, write_factors

#: of functions that read and write what belongs to atoms
ATOM_ARGUMENTS = ", base, fields, most_atoms, responses, response_sums, pushed, width"


def load_entries(text: Text, table: KindTable, kind: str, names: Iterable[str]) -> None:
    """Variables for entries of a table: letter and number of the entry."""
    text.add(f"entry = {table.first_entry} + {table.n_entries} * ({kind})")
    text.add(*(f"{name} = get(table, entry + {name[1:]})" for name in names))


def write_early_stage(
    text: Text, name: str, plan: EnvironmentPlan, bond: KindTable, rows: EnvironmentRows
) -> None:
    """Function `name`(n_vectors, kinds, scratch, capacity, table, ...): unit vectors and what zeta needs."""
    graph, r = plan.graph, plan.symbols.r1
    constants = {node: f"c{k}" for k, node in enumerate(plan.bond_table)}
    assignments, names = schedule(graph, plan.early, {r: "r", **constants}, "x")
    text.add("@kernel")
    head = f"def {name}(n_vectors, kinds, scratch, capacity, table, columns, value_column, sums):"
    with text.block(head), text.block("for v in range(n_vectors):"):
        text.add("o = 8 * v")
        load_entries(text, bond, "get(kinds, v)", constants.values())
        text.add("r = load(scratch, o)")
        text.extend(assignment_lines(graph, assignments, names))
        for row in (1, 2, 3):
            place = f"o + {row} * capacity"
            text.add(f"store(scratch, {place}, load(scratch, {place}) * {names[graph.inverse(r)]})")
        for node, row in rows.early.items():
            if node is not r:
                value = f"where_less(r, c0, {expression_text(graph, node, names)}, 0.0)"
                text.add(f"store(scratch, o + {row} * capacity, {value})")
    text.add("", "")


class EnvironmentStage:
    """Writes the loop for zeta, and what follows from it for single bonds."""

    def __init__(
        self,
        plan: EnvironmentPlan,
        bond: KindTable,
        triplet: KindTable,
        rows: EnvironmentRows,
        atoms: AtomRows | None = None,
    ) -> None:
        self.atoms = atoms
        self.plan = plan
        self.bond = bond
        self.triplet = triplet
        self.rows = rows
        self.n_species = rows.n_species
        self.constants = {node: f"c{k}" for k, node in enumerate(plan.bond_table)}
        self.zetas = {
            column.sums: (column.zeta, f"zeta{k}")
            for k, column in enumerate(plan.columns)
            if column.zeta is not None and column.sums is not None
        }

    def write(self, text: Text, name: str) -> None:
        """Function `name` over the sites first..last-1 of one block."""
        arguments = "first, last, species, groups, scratch, capacity, table, columns, value_column, sums"
        arguments += ATOM_ARGUMENTS if self.atoms is not None else ""
        text.add("@kernel")
        with text.block(f"def {name}({arguments}):"), text.block("for site in range(first, last):"):
            text.add(f"g = {2 * self.n_species} * (site - first)")
            self._load_functions(text)
            with text.over("near", self.n_species):
                text.add("start, count = get(groups, g + 2 * near), get(groups, g + 2 * near + 1)")
                with text.block("if count > 0:"):
                    text.add(f"kind = {self.n_species} * get(species, site) + near")
                    self._constants(text)
                    with text.block("for v in range(start, start + count, 8):"):
                        self._bonds(text)
        text.add("", "")

    def _load_functions(self, text: Text) -> None:
        """S_k of the atom."""
        if self.atoms is not None:
            text.add("i = site - base", f"home = i * {self.atoms.n_responses} * width")
            for k in range(len(self.plan.functions)):
                text.add(f"i{k} = get(fields, {self.atoms.value(k)} * most_atoms + i)")

    def _constants(self, text: Text) -> None:
        load_entries(text, self.bond, "kind", self.constants.values())
        text.add(f"q = {self.bond.first_column} + {len(self.bond.columns)} * kind")
        for k in range(len(self.bond.columns)):
            text.add(f"k{k} = get(columns, q + {k})")

    def _bonds(self, text: Text) -> None:
        symbols = self.plan.symbols
        text.add("r = load(scratch, v)", "place = count_from(float(v))")
        text.add(*(f"u{axis} = load(scratch, v + {k + 1} * capacity)" for k, axis in enumerate(AXES)))
        here = {node: f"a{row}" for node, row in self.rows.early.items() if row}
        text.add(*(f"{name} = load(scratch, v + {name[1:]} * capacity)" for name in here.values()))
        given = {symbols.r1: "r", **here}
        text.add(*(f"{name} = zero()" for _, name in self.zetas.values()))
        self._clear_far(text)
        with over_far_species(text, self.n_species):
            self._add_up(text, given)
        self._write_bonds(text, given)

    def _clear_far(self, text: Text) -> None:
        if self.plan.far is not None:
            with text.block(f"for k in range({self.rows.far}, {self.rows.total}):"):
                text.add("store(scratch, v + k * capacity, zero())")

    def _add_up(self, text: Text, given: Mapping[Node, str]) -> None:
        """The loop over bonds y of one species."""
        plan, symbols = self.plan, self.plan.symbols
        constants = {node: f"p{k}" for k, node in enumerate(plan.triplet_table)}
        load_entries(text, self.triplet, f"{self.n_species} * kind + far", constants.values())
        inside = write_before_loop(text, symbols, plan.sums, {**given, **constants})
        write_masked_loop(text, symbols, plan.sums, inside, self.rows.of_bond_2)
        names = write_factors(text, symbols, plan.sums, inside)
        for k, (_, name) in self.zetas.items():
            text.add(f"{name} = {name} + {self._combined(k, names)}")
        if plan.far is not None:
            for place, (_, k) in enumerate(plan.far.sums):
                row = f"({self.rows.far + place} + {self.rows.n_far} * far)"
                text.add(f"store(scratch, v + {row} * capacity, {self._combined(k, names)})")

    def _combined(self, k: int, names: Mapping[Node, str]) -> str:
        products = self.plan.sums.columns[k].energy
        terms = [f"{expression_text(self.plan.graph, node, names)} * s{i}" for node, i in products]
        return " + ".join(terms) or "zero()"

    def _write_bonds(self, text: Text, given: Mapping[Node, str]) -> None:
        """Energies, slopes and what the forces need, of the eight bonds."""
        plan, graph = self.plan, self.plan.graph
        zetas = {node: name for node, name in self.zetas.values() if node is not None}
        outputs = [node for each in plan.columns for node in (each.energy, each.slope, each.weight)]
        outputs += [*plan.late.values(), *(each.energy for each in plan.atom_sums)]
        outputs += [node for each in plan.probes for node in (each.slope, each.weight)]
        if plan.far is not None:
            outputs += [plan.far.weight, plan.far.curvature, plan.far.steepening]
            outputs += [node for _, node in plan.far.by]
        of_atom = {node: f"i{k}" for k, node in enumerate(plan.functions)}
        assignments, names = schedule(graph, outputs, {**given, **self.constants, **zetas, **of_atom}, "x")
        text.extend(assignment_lines(graph, assignments, names))
        sloped = [*(each.slope for each in plan.columns), *(each.slope for each in plan.probes)]
        weighted = [each.weight for each in plan.columns[: plan.n_responses]]
        weighted += [each.weight for each in plan.probes]
        stores = [(self.rows.slopes + k, node) for k, node in enumerate(sloped)]
        stores += [(self.rows.weights + k, node) for k, node in enumerate(weighted)]
        stores += [(row, plan.late[node]) for node, row in self.rows.late.items() if row >= self.rows.slopes]
        for row, node in stores:
            value = f"where_less(r, c0, {expression_text(graph, node, names)}, 0.0)"
            text.add(f"store(scratch, v + {row} * capacity, {value})")
        for column in plan.columns:
            if column.energy is not graph.zero:
                self._add_energy(text, column.name, expression_text(graph, column.energy, names))
        for each in plan.atom_sums:
            self._add_to_atom(text, each, expression_text(graph, each.energy, names))
        if plan.far is not None:
            self._write_far(text, names)

    def _add_to_atom(self, text: Text, each: AtomSum, energy: str) -> None:
        """Into e_k, e_kl, or what e_k responds to."""
        assert self.atoms is not None
        value = f"total(zero() + where_less(r, c0, {energy}, 0.0))"
        if each.name is None:
            k = each.by[0]
            row = self.atoms.function_slope(k) if len(each.by) == 1 else self.atoms.second[each.by]
            text.add(f"increase(fields, {row} * most_atoms + i, {value})")
            return
        place = self.bond.first_slot + self.bond.columns.index(each.name)
        text.add(f"slot = get(columns, {place} + {len(self.bond.columns)} * kind)")
        with text.block("if slot >= 0:"):
            row = self.atoms.slope_response(each.by[0])
            text.add(f"increase(responses, home + {row} * width + slot, {value})")

    def _add_energy(self, text: Text, name: WrittenName | None, energy: str) -> None:
        always = name is None or self.bond.all_have_columns
        column = "value_column" if name is None else f"k{self.bond.columns.index(name)}"
        with text.only_if(None if always else f"{column} >= 0"):
            text.add(f"accumulate(sums, STRIDE * {column}, where_less(r, c0, {energy}, 0.0))")

    def _write_far(self, text: Text, names: Mapping[Node, str]) -> None:
        """dB/dtheta, the slope and the energy of parameters that depend on the species of bond 2."""
        far, graph = self.plan.far, self.plan.graph
        assert far is not None
        parts = {"weight": far.weight, "curvature": far.curvature, "steepening": far.steepening}
        for name, node in parts.items():
            text.add(f"{name} = where_less(r, c0, {expression_text(graph, node, names)}, 0.0)")
        n = len(far.sums)
        with text.over("far", self.n_species), text.block("if get(groups, g + 2 * far + 1) > 0:"):
            table = self.triplet
            text.add(f"q = {table.first_column} + {len(table.columns)} * ({self.n_species} * kind + far)")
            for k in range(n):
                place = f"v + ({self.rows.far + k} + {self.rows.n_far} * far) * capacity"
                text.add(
                    f"change = where_less(r, c0, load(scratch, {place}), 0.0)",
                    f"store(scratch, {place}, curvature * change)",
                    f"store(scratch, {place} + {n} * capacity, steepening * change)",
                    f"column = get(columns, q + {k})",
                )
                with text.block("if column >= 0:"):
                    text.add("accumulate(sums, STRIDE * column, weight * change)")
                self._add_far_to_atom(text, k, names)

    def _add_far_to_atom(self, text: Text, place: int, names: Mapping[Node, str]) -> None:
        far, table = self.plan.far, self.triplet
        if self.atoms is None or far is None or not far.by:
            return
        kind = f"({self.n_species} * kind + far)"
        text.add(f"slot = get(columns, {table.first_slot + place} + {len(table.columns)} * {kind})")
        with text.block("if slot >= 0:"):
            for k, node in far.by:
                value = f"where_less(r, c0, {expression_text(self.plan.graph, node, names)}, 0.0) * change"
                row = self.atoms.slope_response(k)
                text.add(f"increase(responses, home + {row} * width + slot, total(zero() + {value}))")
