"""Generated code of the embedding: F, A_c = dE/dc and what they respond to, for eight atoms at a time.

F itself is the formula's at the densities as they are. Its derivatives are taken at densities that are
`TINY` more, which changes nothing but for an empty sum: there sqrt(rho) has an infinite slope, and infinity
times the zero that a missing bond contributes would be NaN. So is F where the formula has no value for
an empty sum (rho*log(rho)).
"""

from __future__ import annotations

from collections.abc import Mapping

from hpcfit.formula.node import Node
from hpcfit.formula.print_python import assignment_lines, expression_text
from hpcfit.formula.stage import schedule
from hpcfit.kernels.density_plan import EmbeddingPlan
from hpcfit.kernels.layout import KindTable
from hpcfit.kernels.text import Text

#: added to densities; the second power of its inverse is still a number
TINY = "1e-100"


def embedding_table(plan: EmbeddingPlan, n_species: int) -> list[Node]:
    """What the table of species holds: with several species first whether the potential is for them."""
    known = [plan.symbols.graph.one] if n_species > 1 else []
    return [*known, *plan.table]


class EmbeddingStage:
    """Writes the embedding of one potential.

    Args:
        responds: derivatives by parameters are wanted, of the densities or of the embedding.
    """

    def __init__(self, plan: EmbeddingPlan, table: KindTable, n_species: int, responds: bool) -> None:
        self.plan = plan
        self.table = table
        self.n_species = n_species
        self.responds = responds
        self.n = len(plan.components)

    @property
    def n_work(self) -> int:
        """Numbers of `work`: rows of eight, F and A_c first."""
        return 8 * len(self._work()) if self.responds else 0

    def _work(self) -> dict[Node, int]:
        """What the responses are made of, by its row in `work`."""
        graph, plan = self.plan.symbols.graph, self.plan
        nodes = [*plan.slopes, *(node for row in plan.curvatures for node in row)]
        nodes += [node for column in plan.columns for node in (column.energy, *column.slopes)]
        return {
            node: k for k, node in enumerate(dict.fromkeys(node for node in nodes if node is not graph.zero))
        }

    def write(self, text: Text, name: str) -> None:
        """Function `name` over the atoms begin..end-1 of a configuration."""
        arguments = (
            "begin, end, species, table, columns, value_column, sums, fields, most_atoms, places, work, "
            "responses, width, response_sums"
        )
        text.add("@kernel")
        with text.block(f"def {name}({arguments}):"):
            if self.n_species == 1:
                self._constants(text)
            with text.block("for o in range(0, end - begin, 8):"):
                if self.n_species > 1:
                    self._gathered_constants(text)
                self._atoms(text)
        text.add("", "")

    def _names(self) -> dict[Node, str]:
        return {node: f"c{k}" for k, node in enumerate(embedding_table(self.plan, self.n_species))}

    def _constants(self, text: Text) -> None:
        for k, constant in enumerate(self._names().values()):
            text.add(f"{constant} = get(table, {self.table.first_entry + k})")

    def _gathered_constants(self, text: Text) -> None:
        first = f"{self.table.first_entry} + {self.table.n_entries}"
        with text.block("for lane in range(8):"):
            text.add(f"put(places, lane, {first} * get(species, min(begin + o + lane, end - 1)))")
        text.add(
            *(f"{name} = gather(table, {k}, places, 0)" for k, name in enumerate(self._names().values()))
        )

    def _atoms(self, text: Text) -> None:
        plan, graph = self.plan, self.plan.symbols.graph
        loaded = {node: f"d{c}" for c, node in enumerate(plan.components)}
        text.add(*(f"{name} = load(fields, {c} * most_atoms + o)" for c, name in enumerate(loaded.values())))
        given = {node: self._names()[node] for node in plan.table} | loaded
        outputs = [plan.energy, *plan.slopes]
        if self.responds:
            outputs += self._work()
        assignments, names = schedule(graph, outputs, {**given, plan.symbols.tiny: TINY}, "x")
        text.extend(assignment_lines(graph, assignments, names))
        self._write_energy(text, given, expression_text(graph, plan.energy, names))
        for c, node in enumerate(plan.slopes):
            text.add(f"store(fields, {self.n + c} * most_atoms + o, {_lanes(graph, node, names)})")
        if self.responds:
            for node, row in self._work().items():
                text.add(f"store(work, {8 * row}, {_lanes(graph, node, names)})")
            with text.block("for lane in range(min(8, end - begin - o)):"):
                self._responses(text)

    def _write_energy(self, text: Text, given: Mapping[Node, str], near: str) -> None:
        """F at the densities as they are, or where that is NaN, near them."""
        plan, graph = self.plan, self.plan.symbols.graph
        if plan.energy is graph.zero:
            return
        assignments, names = schedule(graph, [plan.energy], {**given, plan.symbols.tiny: "0.0"}, "e")
        text.extend(assignment_lines(graph, assignments, names))
        text.add(f"energy = zero() + {expression_text(graph, plan.energy, names)}")
        text.add(f"energy = where_equal(energy, energy, energy, {near})")
        text.add("energy = where_less(count_from(float(o)), float(end - begin), energy, 0.0)")
        if self.n_species > 1:
            text.add("energy = where_equal(c0, 1.0, energy, 0.0)")
        text.add("accumulate(sums, STRIDE * value_column, energy)")

    def _responses(self, text: Text) -> None:
        """dA_c/dtheta in the place of dc/dtheta, and dE/dtheta of one atom."""
        plan, rows, zero = self.plan, self._work(), self.plan.symbols.graph.zero
        text.add("atom = o + lane", "kind = get(species, begin + atom)")
        text.add("home = atom * width" if self.n == 1 else f"home = atom * {self.n} * width")
        text.add(*(f"w{row} = get(work, {8 * row} + lane)" for row in rows.values()))
        with text.block("for s in range(0, width, 8):"):
            text.add(*(f"q{c} = load(responses, home + {c} * width + s)" for c in range(self.n)))
            energy = [f"w{rows[node]} * q{c}" for c, node in enumerate(plan.slopes) if node is not zero]
            if energy:
                text.add(f"accumulate(response_sums, kind * 7 * width + s, {' + '.join(energy)})")
            for c, row in enumerate(plan.curvatures):
                terms = [f"w{rows[node]} * q{d}" for d, node in enumerate(row) if node is not zero]
                text.add(f"store(responses, home + {c} * width + s, {' + '.join(terms) or 'zero()'})")
        for k, column in enumerate(plan.columns):
            text.add(f"slot = get(columns, {self.table.first_slot} + {len(self.table.columns)} * kind + {k})")
            with text.block("if slot >= 0:"):
                if column.energy is not zero:
                    text.add(f"increase(response_sums, kind * 7 * width + slot, w{rows[column.energy]})")
                for c, node in enumerate(column.slopes):
                    if node is not zero:
                        text.add(f"increase(responses, home + {c} * width + slot, w{rows[node]})")


def _lanes(graph: object, node: Node, names: Mapping[Node, str]) -> str:
    """A value as Lanes, also if it is a number or a parameter."""
    return f"zero() + {expression_text(graph, node, names)}"  # type: ignore[arg-type]
