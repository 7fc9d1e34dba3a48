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
from hpcfit.kernels.atom_rows import AtomRows
from hpcfit.kernels.density.atom_lanes import (
    TINY,
    AtomTable,
    atom_loop,
    lanes_text,
    load_components,
    work_rows,
)
from hpcfit.kernels.density.plan import EmbeddingPlan
from hpcfit.kernels.density.splines import EmbeddingSplines
from hpcfit.kernels.text import Text


def embedding_entries(plan: EmbeddingPlan, n_species: int) -> tuple[Node, ...]:
    """Entries of the table of species: with several, the first says whether the potential is for them."""
    return (plan.symbols.graph.one, *plan.table) if n_species > 1 else plan.table


class EmbeddingStage:
    """Writes the embedding of one potential.

    Args:
        table: with `embedding_entries`.
        responds: derivatives by parameters are wanted, of the densities or of functions of them.
    """

    def __init__(self, plan: EmbeddingPlan, table: AtomTable, rows: AtomRows, responds: bool) -> None:
        self.plan = plan
        self.table = table
        self.rows = rows
        self.responds = responds
        self.graph = plan.symbols.graph
        self.splines = EmbeddingSplines(plan, len(self._work()), rows.n)

    @property
    def n_work(self) -> int:
        """Numbers of `work`."""
        return self.splines.n_work if self.responds else 0

    def _work(self) -> dict[Node, int]:
        """What the responses are made of."""
        plan = self.plan
        nodes = [node for row in (*plan.curvatures, *plan.changes) for node in row]
        nodes += [node for column in plan.columns for node in (column.energy, *column.slopes)]
        return work_rows(nodes, self.graph)

    def write(self, text: Text, name: str) -> None:
        """Function `name` over the atoms begin..end-1 of a configuration."""
        arguments = (
            "begin, end, species, table, columns, value_column, sums, fields, most_atoms, places, work, "
            "responses, width, response_sums"
        )
        text.add("@kernel")
        with text.block(f"def {name}({arguments}):"), atom_loop(text, self.table):
            self._atoms(text)
        text.add("", "")

    def _atoms(self, text: Text) -> None:
        plan, graph = self.plan, self.graph
        known = {node: name for node, name in self.table.names.items() if node in plan.table}
        given = {**known, **load_components(text, plan.components)}
        rows = {symbol: self.rows.function_slope(k) for k, symbol in enumerate(plan.functions.slopes)}
        rows |= {plan.functions.curvatures[pair]: row for pair, row in self.rows.second.items()}
        for symbol, row in rows.items():
            text.add(f"e{row} = load(fields, {row} * most_atoms + o)")
            given[symbol] = f"e{row}"
        outputs = [plan.energy, *plan.slopes]
        if self.responds:
            outputs += [*self._work(), *self.splines.outputs]
        assignments, names = schedule(graph, outputs, {**given, plan.symbols.tiny: TINY}, "x")
        text.extend(assignment_lines(graph, assignments, names))
        self._write_energy(text, given, expression_text(graph, plan.energy, names))
        for c, node in enumerate(plan.slopes):
            text.add(
                f"store(fields, {self.rows.slope(c)} * most_atoms + o, {lanes_text(graph, node, names)})"
            )
        if self.responds:
            for row, node in enumerate((*self._work(), *self.splines.outputs)):
                text.add(f"store(work, {8 * row}, {lanes_text(graph, node, names)})")
            with text.block("for lane in range(min(8, end - begin - o)):"):
                self._responses(text)

    def _write_energy(self, text: Text, given: Mapping[Node, str], near: str) -> None:
        """F at the densities as they are, or where that is NaN, near them."""
        plan, graph = self.plan, self.graph
        if plan.energy is graph.zero:
            return
        assignments, names = schedule(graph, [plan.energy], {**given, plan.symbols.tiny: "0.0"}, "y")
        text.extend(assignment_lines(graph, assignments, names))
        text.add(f"energy = zero() + {expression_text(graph, plan.energy, names)}")
        text.add(f"energy = where_equal(energy, energy, energy, {near})")
        text.add("energy = where_less(count_from(float(o)), float(end - begin), energy, 0.0)")
        if self.table.n_species > 1:
            text.add("energy = where_equal(c0, 1.0, energy, 0.0)")
        text.add("accumulate(sums, STRIDE * value_column, energy)")

    def _responses(self, text: Text) -> None:
        """dA_c/dtheta in the place of dc/dtheta, and dE/dtheta of one atom."""
        plan, work, rows = self.plan, self._work(), self.rows
        text.add("atom = o + lane", "kind = get(species, begin + atom)")
        text.add(f"home = atom * {rows.n_responses} * width")
        text.add(*(f"w{row} = get(work, {8 * row} + lane)" for row in work.values()))
        text.add(*(f"a{c} = get(fields, {rows.slope(c)} * most_atoms + atom)" for c in range(rows.n)))
        with text.block("for s in range(0, width, 8):"):
            text.add(*(f"q{c} = load(responses, home + {c} * width + s)" for c in range(rows.n)))
            text.add(
                *(
                    f"p{k} = load(responses, home + {rows.slope_response(k)} * width + s)"
                    for k in range(rows.m)
                )
            )
            energy = " + ".join(f"a{c} * q{c}" for c in range(rows.n))
            text.add(f"accumulate(response_sums, kind * 7 * width + s, {energy})")
            for c in range(rows.n):
                second = enumerate(plan.curvatures[c] if plan.curvatures else ())
                terms = [f"w{work[node]} * q{d}" for d, node in second if node in work]
                changes = enumerate(row[c] for row in plan.changes)
                terms += [f"w{work[node]} * p{k}" for k, node in changes if node in work]
                text.add(f"store(responses, home + {c} * width + s, {' + '.join(terms) or 'zero()'})")
        for place, column in enumerate(plan.columns):
            text.add(f"slot = get(columns, {self.table.first_slot(place)})")
            with text.block("if slot >= 0:"):
                if column.energy in work:
                    text.add(f"increase(response_sums, kind * 7 * width + slot, w{work[column.energy]})")
                for c, node in enumerate(column.slopes):
                    if node in work:
                        text.add(f"increase(responses, home + {c} * width + slot, w{work[node]})")
        self.splines.give(text, self.table)
