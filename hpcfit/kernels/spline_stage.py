"""Generated code for the derivatives of pair energies by the coefficients of splines.

The bonds of a site and a kind of neighbour are gone through eight at a time: what depends on the bond is
computed for all eight, and then added for one after the other to the rows of the coefficients that count for
it (devices/spline_columns.py). So each bond costs four rows, however many coefficients a spline has.
"""

from __future__ import annotations

from dataclasses import dataclass

from hpcfit.devices.spline_columns import FORCE, MORE_ROWS, VIRIAL
from hpcfit.formula.node import Node, Uses
from hpcfit.formula.print_python import assignment_lines, expression_text
from hpcfit.formula.spline_nodes import LOCAL
from hpcfit.formula.stage import frontier, schedule
from hpcfit.formula.written import WrittenName
from hpcfit.kernels.bond_stage import n_rows, table_names
from hpcfit.kernels.density_force_stage import write_contractions
from hpcfit.kernels.layout import KindTable
from hpcfit.kernels.plan import SetPlan
from hpcfit.kernels.spline_plan import LocalColumns
from hpcfit.kernels.text import Text
from hpcfit.kernels.triplet_loop import AXES

#: call of the function after the site stage of the same bonds
CALL = """
            NAME(atom, next_atom, origin, species, groups, scratch, capacity, table, columns, n_rows,
                 predictions, sums)
"""
#: and if densities act through the bonds
CALL_FORCES = CALL.replace("sums)", "sums, owners, rows_of, fields, most_atoms)")
_LANES = 8
#: numbers for the intervals, and for slopes and energies, of eight bonds
_BONDS = _LANES * (1 + 2 * LOCAL)


@dataclass(frozen=True)
class _Place:
    """Where what belongs to one spline lies: behind the scratch rows, and in the table of columns."""

    columns: LocalColumns
    bonds: int
    forces: int
    virials: int
    first_name: int


class SplineStage:
    """Writes the function for one bond set.

    Attributes:
        size: numbers that it needs behind the scratch rows of the set.
        names: parameters of all splines, one spline after the other.
    """

    def __init__(self, plan: SetPlan, n_species: int, stress: bool) -> None:
        self.plan = plan
        self.n_species = n_species
        self.stress = stress
        self.places: list[_Place] = []
        self.names: list[WrittenName] = []
        self.first_row = self.size = _BONDS * len(plan.splines)
        for k, columns in enumerate(plan.splines):
            rows = columns.spline.knots + MORE_ROWS
            virials = self.size + rows * FORCE
            self.places.append(_Place(columns, _BONDS * k, self.size, virials, len(self.names)))
            self.names += columns.spline.names
            self.size = virials + (rows * VIRIAL if stress else 0)

    @property
    def entries(self) -> tuple[Node, ...]:
        """The cutoff and parameter expressions that are needed for each kind of bond."""
        graph = self.plan.graph
        inner = frontier(graph, self._outputs(), lambda node: bool(node.uses & Uses.VARIABLES))
        return tuple(dict.fromkeys([self.plan.bonds.cutoff, *inner]))

    def _outputs(self) -> list[Node]:
        return [
            node
            for columns in self.plan.splines
            for node in (columns.spline.interval, *columns.energies, *columns.slopes)
        ]

    def write(self, text: Text, name: str, table: KindTable) -> None:
        """Function `name` over the sites first..last-1 of one block; `table` is that of `entries`."""
        arguments = (
            "first, last, origin, species, groups, scratch, capacity, table, columns, n_rows, "
            "predictions, sums"
        )
        if self.plan.forces:
            arguments += ", owners, rows_of, fields, most_atoms"
        text.add("@kernel")
        with text.block(f"def {name}({arguments}):"):
            text.add(f"base = {n_rows(self.plan)} * capacity")
            with text.block("for site in range(first, last):"):
                text.add(f"g = {2 * self.n_species} * (site - first)")
                with text.block(f"for near in range({self.n_species}):"):
                    text.add("start = get(groups, g + 2 * near)", "count = get(groups, g + 2 * near + 1)")
                    text.add(f"kind = {self.n_species} * get(species, site) + near")
                    text.add(f"q = {table.first_column} + {len(table.columns)} * kind")
                    with text.block(f"if count > 0 and any_column(columns, q, {len(self.names)}):"):
                        self._group(text, table)
        text.add("", "")

    def _group(self, text: Text, table: KindTable) -> None:
        graph, r = self.plan.graph, self.plan.bonds.symbols.r1
        constants = table_names(table, self.entries, "c")
        text.add(f"t = {table.first_entry} + {table.n_entries} * kind")
        text.add(*(f"{constant} = get(table, t + {k})" for k, constant in enumerate(constants.values())))
        text.add(f"clear_rows(scratch, base + {self.first_row}, {self.size - self.first_row})")
        with text.block(f"for o in range(start, start + count, {_LANES}):"):
            text.add("r = load(scratch, o)")
            given = {r: "r", **constants}
            if self.plan.forces:
                text.add(f"v = o // {_LANES}")
                rows = enumerate(AXES, start=1)
                text.add(*(f"d{axis} = r * load(scratch, o + {row} * capacity)" for row, axis in rows))
                given |= write_contractions(text, self.plan)
            assignments, names = schedule(graph, self._outputs(), given, "x")
            text.extend(assignment_lines(graph, assignments, names))
            for place in self.places:
                self._store(text, place, names)
            with text.block(f"for lane in range(min({_LANES}, start + count - o)):"):
                axes = enumerate(AXES, start=1)
                text.add(*(f"u{axis} = get(scratch, o + lane + {row} * capacity)" for row, axis in axes))
                if self.stress:
                    text.add("half = 0.5 * get(scratch, o + lane)")
                for place in self.places:
                    self._spread(text, place)
        for place in self.places:
            self._give(text, place)

    def _store(self, text: Text, place: _Place, names: dict[Node, str]) -> None:
        """Eight bonds' intervals, slopes and energies; those of a bond beyond the cutoff are zero."""
        columns = place.columns

        def value(node: Node) -> str:
            return f"where_less(r, c0, {expression_text(self.plan.graph, node, names)}, 0.0)"

        text.add(f"store(scratch, base + {place.bonds}, {value(columns.spline.interval)})")
        values = ", ".join(value(node) for node in (*columns.slopes, *columns.energies))
        text.add(f"store_by_lane(scratch, base + {place.bonds + _LANES}, {values})")

    def _spread(self, text: Text, place: _Place) -> None:
        """One bond's to the rows of its coefficients."""
        text.add(f"i = int(get(scratch, base + {place.bonds} + lane))")
        text.add(f"p = base + {place.bonds + _LANES} + {2 * LOCAL} * lane")
        text.add(f"add_bond(scratch, base + {place.forces} + {FORCE} * i, p, ux, uy, uz)")
        if self.stress:
            text.add(f"add_virial(scratch, base + {place.virials} + {VIRIAL} * i, p, ux, uy, uz, half)")

    def _give(self, text: Text, place: _Place) -> None:
        spline = place.columns.spline
        columns = f"{len(spline.names)}, columns, q + {place.first_name}"
        for first, stride, target in (
            (place.forces, FORCE, "give_forces({}, predictions, n_rows, origin + 3 * site, sums, STRIDE)"),
            (place.virials, VIRIAL, "give_virials({}, sums, STRIDE)"),
        )[: 1 + self.stress]:
            text.add(f"rows_of_parameters(scratch, base + {first}, {stride}, {spline.kind})")
            text.add(target.format(f"scratch, base + {first}, {columns}"))
