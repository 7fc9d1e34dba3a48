"""Generated code for parameters of zeta that depend on the species of bond 2.

Such a parameter theta of the species s changes zeta_x only through the bonds y to s, but the forces of all
triplets of x, for they are proportional to B_x. With Q_x = C_x dzeta_x/dtheta = dB_x/dtheta, the gradient
of bond x gets

    Q_x dzeta_x/dD_x + (1/2 d2U/dr dzeta)(dzeta_x/dtheta) u_x + sum_y Q_y dG(y, x)/dD_x

for each s, in addition to what the sums of W have at fixed B.
"""

from __future__ import annotations

from hpcfit.formula.node import Part
from hpcfit.formula.print_python import assignment_lines, expression_text
from hpcfit.formula.stage import frontier, schedule
from hpcfit.kernels.environment_plan import EnvironmentPlan, FarNames
from hpcfit.kernels.environment_rows import EnvironmentRows
from hpcfit.kernels.environment_slots import EnvironmentSlots
from hpcfit.kernels.layout import KindTable
from hpcfit.kernels.plan import is_late
from hpcfit.kernels.text import Text
from hpcfit.kernels.triplet_loop import AXES

#: variables of dzeta_x/dD_x
PROBE = ("probe_x", "probe_y", "probe_z")


class FarStage:
    """Writes these contributions for eight bonds x, whose stored quantities have names already."""

    def __init__(
        self,
        plan: EnvironmentPlan,
        far: FarNames,
        triplet: KindTable,
        rows: EnvironmentRows,
        slots: EnvironmentSlots,
    ) -> None:
        self.plan = plan
        self.far = far
        self.triplet = triplet
        self.rows = rows
        self.slots = slots
        self.n_species = rows.n_species

    def write(self, text: Text) -> None:
        """For every species s of which there are bonds."""
        n, present = self.n_species, "if get(groups, g + 2 * third + 1) > 0:"
        with text.block(f"for third in range({n}):"), text.block(present):
            text.add(f"rows = ({self.rows.first_far} + {self.rows.n_far} * third) * capacity")
            self._own_zeta(text)
            with text.block(f"for far in range({n}):"):
                text.add("begin = get(groups, g + 2 * far)", "end = begin + get(groups, g + 2 * far + 1)")
                with text.block("if end > begin:"):
                    self._zeta_of_others(text)

    def _own_zeta(self, text: Text) -> None:
        n = len(self.far.sums)
        for k, (name, _) in enumerate(self.far.sums):
            text.add(
                f"response = load(scratch, v + rows + {k} * capacity)",
                f"change = load(scratch, v + rows + {n + k} * capacity)",
            )
            gradient = [f"response * {part} + change * u{a}" for part, a in zip(PROBE, AXES, strict=True)]
            self.slots.add(text, name, gradient, "near", "third")

    def _zeta_of_others(self, text: Text) -> None:
        graph, symbols, n = self.plan.graph, self.plan.symbols, range(len(self.far.sums))
        found = frontier(graph, self.far.reverse, is_late)
        constants = {node: f"p{k}" for k, node in enumerate(self.plan.triplet_table) if node in found}
        text.add(
            f"p = {self.triplet.first_entry} + {self.triplet.n_entries} * ({self.n_species} * kind + far)"
        )
        text.add(*(f"{name} = get(table, p + {name[1:]})" for name in constants.values()))
        text.add(*(f"{sum_}{k} = zero()" for k in n for sum_ in ("s", "hx", "hy", "hz")))
        early = {node: f"a{row}" for node, row in self.rows.early.items() if row}
        there = {node: f"b{self.rows.of_bond_2[node]}" for node in found if node.part is Part.BOND_2}
        given = {symbols.r1: "r", symbols.costheta: "costheta", **early, **constants, **there}
        with text.block("for y in range(begin, end):"):
            text.add(*(f"y{axis} = get(scratch, y + {k + 1} * capacity)" for k, axis in enumerate(AXES)))
            text.add("costheta = ux * yx + uy * yy + uz * yz", "itself = float(y)")
            text.add(*(f"{name} = get(scratch, y + {name[1:]} * capacity)" for name in there.values()))
            assignments, names = schedule(graph, self.far.reverse, given, "y_")
            text.extend(assignment_lines(graph, assignments, names))
            for variable, node in zip(("slope", "turn"), self.far.reverse, strict=True):
                text.add(
                    f"{variable} = where_equal(place, itself, 0.0, {expression_text(graph, node, names)})"
                )
            for k in n:
                text.add(f"other = get(scratch, y + rows + {k} * capacity)", f"s{k} = s{k} + other * slope")
                text.add("turned = other * turn", *(f"h{a}{k} = h{a}{k} + turned * y{a}" for a in AXES))
        inverse = early[graph.inverse(symbols.r1)]
        for k, (name, _) in enumerate(self.far.sums):
            along = " + ".join(f"h{axis}{k} * u{axis}" for axis in AXES)
            text.add(f"along = s{k} - ({along}) * {inverse}")
            gradient = [f"along * u{a} + h{a}{k} * {inverse}" for a in AXES]
            self.slots.add(text, name, gradient, "far", "third")
