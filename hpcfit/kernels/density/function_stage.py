"""Generated code of the functions S_k of atoms that terms contain, and of what they respond to."""

from __future__ import annotations

from hpcfit.formula.differentiate import derivative
from hpcfit.formula.node import Node
from hpcfit.formula.print_python import assignment_lines
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
from hpcfit.kernels.density.plan import DensityPlan
from hpcfit.kernels.text import Text


class FunctionStage:
    """Writes S_k of all atoms, and dS_k/dtheta = S_k,theta + sum_c S_k,c dc/dtheta if they respond."""

    def __init__(self, plan: DensityPlan, rows: AtomRows) -> None:
        self.functions = plan.functions
        self.rows = rows
        self.responds = plan.probing
        self.changes = plan.embedding.changes if plan.probing else ()
        self.active = plan.active
        graph = plan.functions.graph
        self.direct = [
            [derivative(graph, node, symbol) for symbol in plan.active] for node in self.functions.nodes
        ]

    @property
    def nodes(self) -> list[Node]:
        """Everything that is computed."""
        return [*self.functions.nodes, *self._work()]

    @property
    def n_work(self) -> int:
        return 8 * len(self._work())

    def _work(self) -> dict[Node, int]:
        nodes = [node for row in self.changes for node in row] + [node for row in self.direct for node in row]
        return work_rows(nodes, self.functions.graph)

    def write(self, text: Text, name: str, table: AtomTable) -> None:
        """Function `name` over the atoms begin..end-1 of a configuration."""
        graph, symbols = self.functions.graph, self.functions.symbols
        arguments = "begin, end, species, table, columns, fields, most_atoms, places, work, responses, width"
        text.add("@kernel")
        with text.block(f"def {name}({arguments}):"), atom_loop(text, table):
            given = {**table.names, **load_components(text, symbols.all_components), symbols.tiny: TINY}
            assignments, names = schedule(graph, self.nodes, given, "x")
            text.extend(assignment_lines(graph, assignments, names))
            for k, node in enumerate(self.functions.nodes):
                text.add(
                    f"store(fields, {self.rows.value(k)} * most_atoms + o, {lanes_text(graph, node, names)})"
                )
            if self.responds:
                for node, row in self._work().items():
                    text.add(f"store(work, {8 * row}, {lanes_text(graph, node, names)})")
                with text.block("for lane in range(min(8, end - begin - o)):"):
                    self._responses(text, table)
        text.add("", "")

    def _responses(self, text: Text, table: AtomTable) -> None:
        """dS_k/dtheta of one atom."""
        rows, work = self.rows, self._work()
        text.add("atom = o + lane", "kind = get(species, begin + atom)")
        text.add(f"home = atom * {rows.n_responses} * width")
        text.add(*(f"w{row} = get(work, {8 * row} + lane)" for row in work.values()))
        with text.block("for s in range(0, width, 8):"):
            text.add(*(f"q{c} = load(responses, home + {c} * width + s)" for c in range(rows.n)))
            for k, changes in enumerate(self.changes):
                terms = [f"w{work[node]} * q{c}" for c, node in enumerate(changes) if node in work]
                place = f"home + {rows.value_response(k)} * width + s"
                text.add(f"store(responses, {place}, {' + '.join(terms) or 'zero()'})")
        for column in range(len(self.active)):
            text.add(f"slot = get(columns, {table.first_slot(column)})")
            with text.block("if slot >= 0:"):
                for k, direct in enumerate(self.direct):
                    if direct[column] in work:
                        row = f"home + {rows.value_response(k)} * width + slot"
                        text.add(f"increase(responses, {row}, w{work[direct[column]]})")
