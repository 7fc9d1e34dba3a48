"""Generated code that sums densities over the bonds of each atom, and what they respond to.

Rows of `fields` are numbers per atom of a configuration, `most_atoms` long each: the components c of all
densities of a potential come first (atom_rows.py). `responses` holds, atom by atom and component by
component, `width` numbers: the derivatives by the parameters of the atom's slots (slots.py), first of c,
later of A_c.
"""

from __future__ import annotations

from hpcfit.formula.node import Node
from hpcfit.formula.print_python import assignment_lines, expression_text
from hpcfit.formula.stage import schedule
from hpcfit.kernels.atom_rows import AtomRows
from hpcfit.kernels.density.plan import DensitySetPlan
from hpcfit.kernels.density.splines import DensitySplines
from hpcfit.kernels.density_force_plan import AXES
from hpcfit.kernels.layout import KindTable
from hpcfit.kernels.text import Text


class DensityStage:
    """Writes the sums over the bonds of one density set."""

    def __init__(self, plan: DensitySetPlan, table: KindTable, atoms: AtomRows, n_species: int) -> None:
        self.plan = plan
        self.table = table
        self.atoms = atoms
        self.components = plan.symbols.all_components
        self.n_species = n_species
        n_columns = len(plan.columns) - 1
        self.splines = DensitySplines(plan, table.first_slot, len(table.columns), n_columns)

    @property
    def needs_vectors(self) -> bool:
        """Whether the bond vectors are read, not only their lengths."""
        return any(len(density.components) > 1 for density in self.plan.densities)

    def write(self, text: Text, name: str) -> None:
        """Function `name` over the sites first..last-1 of one block."""
        arguments = (
            "first, last, begin, species, groups, scratch, capacity, table, columns, fields, most_atoms, "
            "responses, width"
        )
        text.add("@kernel")
        with text.block(f"def {name}({arguments}):"), text.block("for site in range(first, last):"):
            text.add("atom = site - begin")
            with text.block(f"for near in range({self.n_species}):"):
                text.add(
                    f"g = {2 * self.n_species} * (site - first) + 2 * near",
                    "start, count = get(groups, g), get(groups, g + 1)",
                )
                with text.block("if count > 0:"):
                    self._group(text)
        text.add("", "")

    def _group(self, text: Text) -> None:
        plan, table, graph = self.plan, self.table, self.plan.symbols.graph
        constants = {node: f"c{k}" for k, node in enumerate(plan.bond_table)}
        text.add(
            f"kind = {self.n_species} * get(species, site) + near",
            f"t = {table.first_entry} + {table.n_entries} * kind",
        )
        text.add(*(f"{constant} = get(table, t + {k})" for k, constant in enumerate(constants.values())))
        sums = self._sums()
        text.add(*(f"{name} = zero()" for name, *_ in sums))
        self.splines.start(text)
        with text.block("for v in range(start, start + count, 8):"):
            text.add("r = load(scratch, v)")
            if self.needs_vectors:
                text.add(*(f"{a} = load(scratch, v + {k + 1} * capacity)" for k, a in enumerate(AXES)))
            outputs = [value for column in plan.columns for value in column.values]
            wanted = [*outputs, *self.splines.outputs]
            assignments, names = schedule(graph, wanted, {plan.symbols.r1: "r", **constants}, "x")
            text.extend(assignment_lines(graph, assignments, names))
            for k, value in enumerate(dict.fromkeys(outputs)):
                if value is not graph.zero:
                    text.add(f"f{k} = where_less(r, c0, {expression_text(graph, value, names)}, 0.0)")
                    names[value] = f"f{k}"
            for name, value, product, *_ in sums:
                text.add(f"{name} = {name} + {' * '.join([names[value], *product])}")
            self.splines.add_bonds(text, names)
        self._store(text)
        self.splines.finish(text, f"atom * {self.atoms.n_responses}")

    def _sums(self) -> list[tuple[str, Node, str, int, int]]:
        """(variable, value per bond, product of bond components, column, component) of each sum."""
        found = []
        for k, column in enumerate(self.plan.columns):
            for density, value in zip(self.plan.densities, column.values, strict=True):
                if value is self.plan.symbols.graph.zero:
                    continue
                for component, product in zip(density.components, density.products, strict=True):
                    c = self.components.index(component)
                    found.append((f"s{k}_{c}", value, product, k, c))
        return found

    def _store(self, text: Text) -> None:
        sums = self._sums()
        for name, _, _, column, c in sums:
            if column == 0:
                text.add(f"increase(fields, {c} * most_atoms + atom, total({name}))")
        table = self.table
        for k in range(1, len(self.plan.columns)):
            text.add(f"slot = get(columns, {table.first_slot} + {len(table.columns)} * kind + {k - 1})")
            with text.block("if slot >= 0:"):
                for name, _, _, column, c in sums:
                    if column == k:
                        place = f"(atom * {self.atoms.n_responses} + {c}) * width + slot"
                        text.add(f"increase(responses, {place}, total({name}))")
