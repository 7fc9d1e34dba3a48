"""Ordering expressions into assignments, stage by stage.

A kernel computes some things once, some once per bond, some once per pair of bonds. Each stage
asks for the nodes it needs of the earlier ones (`frontier`) and then lists its own assignments
(`schedule`). What an instruction looks like in a language is the printer's business.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from hpcfit.formula.graph import Graph
from hpcfit.formula.node import Node, Part
from hpcfit.formula.walk import first_met

#: operations printed inside one another; Python reads 200 brackets, and each has one or two
MOST_NESTED = 50


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
    found: list[Node] = []

    def operands(node: Node) -> Iterable[Node]:
        if node.op == "number":
            return ()
        if inside(node):
            return instruction(graph, node).operands
        found.append(node)
        return ()

    deque(first_met(outputs, operands), maxlen=0)
    return found


def schedule(
    graph: Graph, outputs: Iterable[Node], given: Mapping[Node, str], prefix: str
) -> tuple[list[Assignment], dict[Node, str]]:
    """Assignments that compute the outputs from nodes with `given` names, and the names of all nodes.

    A node that only one other uses gets no name: it is printed inside the other, unless that would be
    nested too deep for a compiler to read.
    """
    outputs = dict.fromkeys(outputs)
    uses, steps = _uses(graph, outputs, given)
    names = dict(given)
    assignments: list[Assignment] = []
    depth: dict[Node, int] = {}
    for node, operands in steps.items():
        depth[node] = 1 + max((depth.get(operand, 0) for operand in operands), default=0)
        if uses[node] > 1 or node in outputs or depth[node] > MOST_NESTED:
            depth[node] = 0
            names[node] = f"{prefix}{len(assignments)}"
            assignments.append(Assignment(names[node], node))
    return assignments, names


def _uses(
    graph: Graph, outputs: Iterable[Node], given: Mapping[Node, str]
) -> tuple[dict[Node, int], dict[Node, tuple[Node, ...]]]:
    """How often each node is used, and the operands of those to compute, what they need before them."""
    uses: dict[Node, int] = {}
    steps: dict[Node, tuple[Node, ...]] = {}
    order: list[Node] = []
    pending: list[tuple[Node | None, Iterator[Node]]] = [(None, iter(outputs))]
    while pending:
        node, rest = pending[-1]
        operand = next(rest, None)
        if operand is None:
            pending.pop()
            if node is not None:
                order.append(node)
            continue
        uses[operand] = uses.get(operand, 0) + 1
        if uses[operand] == 1 and operand not in given and operand.op != "number":
            step = instruction(graph, operand)
            steps[operand] = step.operands * (2 if step.op == "square" else 1)
            pending.append((operand, iter(steps[operand])))
    return uses, {node: steps[node] for node in order}
