"""Ordering expressions into assignments, stage by stage.

A kernel computes some things once, some once per bond, some once per pair of bonds. Each stage
asks for the nodes it needs of the earlier ones (`frontier`) and then lists its own assignments
(`schedule`). What an instruction looks like in a language is the printer's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from hpcfit.formula.graph import Graph
from hpcfit.formula.node import Node, Part


@dataclass(frozen=True)
class Instruction:
    """One operation on operands: a node of the graph, or its cheaper equivalent."""

    op: str
    operands: tuple[Node, ...]


@dataclass(frozen=True)
class Assignment:
    """name = instruction; operands that are used nowhere else stand inside it."""

    name: str
    node: Node


def instruction(graph: Graph, node: Node) -> Instruction:
    """How to compute a node: a - b instead of a + (-1) b, powers as repeated multiplications."""
    if node.op == "add":
        a, b = node.args
        if _is_negative(b):
            return Instruction("sub", (a, graph.negative(b)))
        if _is_negative(a):
            return Instruction("sub", (b, graph.negative(a)))
    if node.op == "mul" and node.args[0].op == "number" and node.args[0].number == -1.0:
        return Instruction("negative", (node.args[1],))
    if node.op == "power_i":
        base, n = node.args[0], int(node.value or 0)
        if n % 2:
            return Instruction("mul", (base, graph.powi(base, n - 1)))
        return Instruction("square", (graph.powi(base, n // 2),))
    return Instruction(node.op, node.args)


def _is_negative(node: Node) -> bool:
    number = node.factors.get(Part.NUMBER)
    return number is not None and number.number == -1.0


def frontier(graph: Graph, outputs: Iterable[Node], inside: Callable[[Node], bool]) -> list[Node]:
    """The nodes not `inside` this stage that its outputs are computed from, in order of first use."""
    seen: set[Node] = set()
    found: list[Node] = []

    def visit(node: Node) -> None:
        if node in seen or node.op == "number":
            return
        seen.add(node)
        if inside(node):
            for operand in instruction(graph, node).operands:
                visit(operand)
        else:
            found.append(node)

    for output in outputs:
        visit(output)
    return found


def schedule(
    graph: Graph, outputs: Iterable[Node], given: Mapping[Node, str], prefix: str
) -> tuple[list[Assignment], dict[Node, str]]:
    """Assignments that compute the outputs from nodes with `given` names, and the names of all nodes.

    A node that only one other uses gets no name: it is printed inside the other.
    """
    outputs = dict.fromkeys(outputs)
    uses: dict[Node, int] = {}
    order: list[Node] = []

    def visit(node: Node) -> None:
        uses[node] = uses.get(node, 0) + 1
        if uses[node] > 1 or node in given or node.op == "number":
            return
        step = instruction(graph, node)
        for operand in step.operands * (2 if step.op == "square" else 1):
            visit(operand)
        order.append(node)

    for output in outputs:
        visit(output)
    names = dict(given)
    assignments: list[Assignment] = []
    for node in order:
        if uses[node] > 1 or node in outputs:
            names[node] = f"{prefix}{len(assignments)}"
            assignments.append(Assignment(names[node], node))
    return assignments, names
