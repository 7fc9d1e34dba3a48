"""One Python module with the code of a row model, from its formulas.

What depends on parameters alone is computed once per group of rows, all else eight rows at a time. Residuals
and derivatives of a chunk go column by column into a block that is folded into a triangle while it is still
in the cache.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from hpcfit.formula.build import build_expression
from hpcfit.formula.differentiate import derivative
from hpcfit.formula.graph import Graph
from hpcfit.formula.node import Node, Part, Uses
from hpcfit.formula.print_python import assignment_lines, expression_text
from hpcfit.formula.row_formula import RowFormula
from hpcfit.formula.stage import frontier, schedule
from hpcfit.kernels.rows import template
from hpcfit.kernels.text import Text


@dataclass(frozen=True)
class RowExpressions:
    """What is computed of each row: the outputs, and for each of `names` their derivatives by it."""

    graph: Graph
    inputs: dict[str, Node]
    parameters: dict[str, Node]
    outputs: tuple[Node, ...]
    names: tuple[str, ...]
    slopes: tuple[tuple[Node, ...], ...]

    @property
    def nodes(self) -> list[Node]:
        return [*self.outputs, *(node for slopes in self.slopes for node in slopes)]


def column_names(formula: RowFormula, active: Collection[str]) -> tuple[str, ...]:
    """The parameters with derivatives, in the order of the kernel."""
    return tuple(spec.name for spec in formula.parameters if spec.name in active)


def generate_rows(formula: RowFormula, active: Collection[str], *, adding: bool) -> str:
    """The text of a module with the function `evaluate`; see template.py.

    Args:
        active: names of the parameters with derivative columns.
        adding: several of them may have one column, or the rows are of several groups.

    Raises:
        KernelError: a formula that cannot be read.
    """
    found = row_expressions(formula, column_names(formula, active))
    entries = frontier(found.graph, found.nodes, lambda node: node.part > Part.PARAMETERS)
    text = Text()
    _write_table(text, found, entries)
    _write_rows(text, found, entries, adding)
    constants = {
        "N_INPUTS": len(found.inputs),
        "N_OUTPUTS": len(found.outputs),
        "N_NUMBERS": len(found.parameters),
        "N_ENTRIES": len(entries),
        "N_NAMES": len(found.names),
        "LARGEST": 1.7976931348623157e308,
    }
    head = template.IMPORTS + "".join(f"{name} = {value!r}\n" for name, value in constants.items())
    evaluate = [template.EVALUATE.strip("\n")]
    if found.names:  # a third of the time of compiling
        evaluate = [template.SPREAD.strip("\n"), "\n", *evaluate, template.FOLD.strip("\n")]
    return "\n\n".join(part.strip("\n") + "\n" for part in (head, str(text), "\n".join(evaluate)))


def row_expressions(formula: RowFormula, names: tuple[str, ...]) -> RowExpressions:
    graph = Graph()
    inputs = {name: graph.symbol(name, Uses.DISTANCE_1) for name in formula.inputs}
    parameters = {spec.name: graph.symbol(spec.name, Uses.NOTHING) for spec in formula.parameters}
    known = {**inputs, **parameters}
    for name, text in formula.let:
        known[name] = build_expression(graph, text, known, f"{formula.name}.{name}")
    outputs = tuple(
        build_expression(graph, text, known, f"{formula.name}.{name}") for name, text in formula.outputs
    )
    slopes = tuple(tuple(derivative(graph, node, parameters[name]) for node in outputs) for name in names)
    return RowExpressions(graph, inputs, parameters, outputs, names, slopes)


def _write_table(text: Text, found: RowExpressions, entries: list[Node]) -> None:
    """fill_table(values, numbers, n_groups, table): what depends on the parameters of a group alone."""
    given = {node: f"v{k}" for k, node in enumerate(found.parameters.values())}
    assignments, names = schedule(found.graph, entries, given, "p")
    text.add("@kernel")
    head, loop = "def fill_table(values, numbers, n_groups, table):", "for group in range(n_groups):"
    with text.block(head), text.block(loop):
        text.add("n = N_NUMBERS * group", "t = N_ENTRIES * group")
        used = set(frontier(found.graph, entries, lambda node: node.op != "symbol"))
        text.add(
            *(
                f"{given[node]} = get(values, get(numbers, n + {k}))"
                for k, node in enumerate(found.parameters.values())
                if node in used
            )
        )
        text.extend(assignment_lines(found.graph, assignments, names))
        for k, node in enumerate(entries):
            text.add(f"put(table, t + {k}, {expression_text(found.graph, node, names)})")
    text.add("", "")


def _write_rows(text: Text, found: RowExpressions, entries: list[Node], adding: bool) -> None:
    """fill_rows(..): residuals and derivatives of the rows of one run, into the block of its chunk.

    The last eight rows may reach into the next run, which overwrites them. Where it does not, because its
    group has other columns, what is added must be 0 there.
    """
    graph = found.graph
    used = set(frontier(graph, found.nodes, lambda node: node.part > Part.PARAMETERS and node.op != "symbol"))
    given = {node: f"c{k}" for k, node in enumerate(entries)}
    given |= {node: f"x{k}" for k, node in enumerate(found.inputs.values())}
    assignments, names = schedule(graph, found.nodes, given, "s")
    text.add("@kernel")
    arguments = (
        "first, last, place, segment, group, inputs, stride, weight, reference, table, columns, q, m, block"
    )
    with text.block(f"def fill_rows({arguments}, value_column):"):
        text.add("t = N_ENTRIES * group")
        text.add(*(f"{given[node]} = get(table, t + {k})" for k, node in enumerate(entries)))
        text.add(*(f"k{k} = get(columns, q + {k})" for k in range(len(found.names))))
        with text.block("for row in range(first, last, 8):"):
            for k, node in enumerate(found.inputs.values()):
                if node in used:
                    text.add(f"{given[node]} = load(inputs, {k} * stride + row)")
            text.extend(assignment_lines(graph, assignments, names))
            for o, node in enumerate(found.outputs):
                text.add(f"i{o} = place + row - first + {o} * segment")
                text.add(f"w{o} = load(weight, {o} * stride + row)")
                value = expression_text(graph, node, names)
                difference = f"w{o} * ({value} - load(reference, {o} * stride + row))"
                text.add(f"store(block, value_column * m + i{o}, where_equal(w{o}, 0.0, 0.0, {difference}))")
                for k, slopes in enumerate(found.slopes):
                    if slopes[o] is not graph.zero:
                        slope = expression_text(graph, slopes[o], names)
                        with text.block(f"if k{k} >= 0:"):
                            entry = f"where_equal(w{o}, 0.0, 0.0, w{o} * {slope})"
                            if adding:
                                entry = f"where_less(count_from(float(row)), float(last), {entry}, 0.0)"
                            change = "accumulate" if adding else "store"
                            text.add(f"{change}(block, k{k} * m + i{o}, {entry})")
    text.add("", "")
