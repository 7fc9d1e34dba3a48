"""Generated code of the embedding: F, A_c = dE/dc and what they respond to, for eight atoms at a time.

F itself is the formula's at the densities as they are. Its derivatives are taken at densities that are
`TINY` more, which changes nothing but for an empty sum: there sqrt(rho) has an infinite slope, and infinity
times the zero that a missing bond contributes would be NaN. So is F where the formula has no value for
an empty sum (rho*log(rho)).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hpcfit.formula.node import Node
from hpcfit.formula.print_python import assignment_lines, expression_text
from hpcfit.formula.stage import schedule
from hpcfit.kernels.atom_lanes import TINY, atom_loop, lanes_text, load_components
from hpcfit.kernels.density_plan import EmbeddingPlan
from hpcfit.kernels.layout import KindTable
from hpcfit.kernels.text import Text


def embedding_table(plan: EmbeddingPlan, n_species: int) -> list[Node]:
    """What the table of species holds: with several species first whether the potential is for them."""
    known = [plan.symbols.graph.one] if n_species > 1 else []
    return [*known, *plan.table]


class EmbeddingStage:
    """Writes the embedding of one potential.

    Args:
        responds: derivatives by parameters are wanted, of the densities or of the embedding.
        after_terms: bonds contributed to A_c, and to what it responds to, before.
        second: rows of `fields` with what they contributed to d2E/(dc dd), by the numbers of components.
    """

    def __init__(
        self,
        plan: EmbeddingPlan,
        table: KindTable,
        n_species: int,
        responds: bool,
        after_terms: bool,
        second: Mapping[tuple[int, ...], int],
    ) -> None:
        self.plan = plan
        self.after_terms = after_terms
        self.second = second
        self.table = table
        self.n_species = n_species
        self.responds = responds
        self.n = len(plan.components)

    @property
    def n_work(self) -> int:
        """Numbers of `work`: rows of eight."""
        return 8 * len(self._work()) if self.responds else 0

    def _work(self) -> dict[Node, int]:
        """What the responses are made of, by its row in `work`."""
        graph, plan = self.plan.symbols.graph, self.plan
        nodes = [node for row in plan.curvatures for node in row]
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
        names = list(self._names().values())
        text.add("@kernel")
        with text.block(f"def {name}({arguments}):"), atom_loop(text, self.table, names, self.n_species):
            self._atoms(text)
        text.add("", "")

    def _names(self) -> dict[Node, str]:
        return {node: f"c{k}" for k, node in enumerate(embedding_table(self.plan, self.n_species))}

    def _atoms(self, text: Text) -> None:
        plan, graph = self.plan, self.plan.symbols.graph
        given = {node: self._names()[node] for node in plan.table} | load_components(text, plan.components)
        outputs = [plan.energy, *plan.slopes]
        if self.responds:
            outputs += self._work()
        assignments, names = schedule(graph, outputs, {**given, plan.symbols.tiny: TINY}, "x")
        text.extend(assignment_lines(graph, assignments, names))
        self._write_energy(text, given, expression_text(graph, plan.energy, names))
        for c, node in enumerate(plan.slopes):
            text.add(f"a{c} = {lanes_text(graph, node, names)}")
            place = f"{self.n + c} * most_atoms + o"
            if self.after_terms:
                text.add(f"a{c} = a{c} + load(fields, {place})")
            text.add(f"store(fields, {place}, a{c})")
        if self.responds:
            for node, row in self._work().items():
                text.add(f"store(work, {8 * row}, {lanes_text(graph, node, names)})")
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
        text.add(f"home = atom * {self.n * (2 if self.after_terms else 1)} * width")
        text.add(*(f"w{row} = get(work, {8 * row} + lane)" for row in rows.values()))
        text.add(*(f"a{c} = get(fields, {self.n + c} * most_atoms + atom)" for c in range(self.n)))
        for row in self.second.values():
            text.add(f"b{row} = get(fields, {row} * most_atoms + atom)")
        with text.block("for s in range(0, width, 8):"):
            text.add(*(f"q{c} = load(responses, home + {c} * width + s)" for c in range(self.n)))
            energy = [f"a{c} * q{c}" for c in range(self.n)]
            text.add(f"accumulate(response_sums, kind * 7 * width + s, {' + '.join(energy)})")
            for c in range(self.n):
                terms = [f"{factor} * q{d}" for d in range(self.n) for factor in self._curvature(c, d, rows)]
                if self.after_terms:
                    terms.append(f"load(responses, home + {self.n + c} * width + s)")
                text.add(f"store(responses, home + {c} * width + s, {' + '.join(terms) or 'zero()'})")
        for k, column in enumerate(plan.columns):
            if column.energy is zero and all(node is zero for node in column.slopes):
                continue  # of a parameter that only says where the formula changes
            text.add(f"slot = get(columns, {self.table.first_slot} + {len(self.table.columns)} * kind + {k})")
            with text.block("if slot >= 0:"):
                if column.energy is not zero:
                    text.add(f"increase(response_sums, kind * 7 * width + slot, w{rows[column.energy]})")
                for c, node in enumerate(column.slopes):
                    if node is not zero:
                        text.add(f"increase(responses, home + {c} * width + slot, w{rows[node]})")

    def _curvature(self, c: int, d: int, rows: Mapping[Node, int]) -> Iterator[str]:
        """The terms of d2E/(dc dd)."""
        node = self.plan.curvatures[c][d]
        if node in rows:
            yield f"w{rows[node]}"
        if (pair := (min(c, d), max(c, d))) in self.second:
            yield f"b{self.second[pair]}"
