"""Expressions and assignments as Python text for numba; the same text serves numbers and Lanes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hpcfit.formula.graph import Graph
from hpcfit.formula.node import Node
from hpcfit.formula.spline_nodes import CUBICS
from hpcfit.formula.stage import Assignment, instruction

_INFIX = {"add": "({} + {})", "sub": "({} - {})", "mul": "{} * {}"}
_PREFIX = {"negative": "(-{})", "inverse": "(1.0 / {})"}


def expression_text(graph: Graph, node: Node, names: Mapping[Node, str]) -> str:
    """Python for the value of a node; nodes in `names` are referred to by name."""
    if node in names:
        return names[node]
    return _spelled_out(graph, node, names)


def _spelled_out(graph: Graph, node: Node, names: Mapping[Node, str]) -> str:
    if node.op == "number":
        return repr(node.number) if node.number >= 0 else f"({node.number!r})"
    step = instruction(graph, node)
    first = ["table"] if step.op in CUBICS else []
    texts = [_operand(graph, operand, names) for operand in step.operands]
    if step.op == "square":
        return f"{texts[0]} * {texts[0]}"
    if step.op in _INFIX:
        return _INFIX[step.op].format(*texts)
    if step.op in _PREFIX:
        return _PREFIX[step.op].format(*texts)
    return f"{step.op}({', '.join(first + texts)})"


def _operand(graph: Graph, node: Node, names: Mapping[Node, str]) -> str:
    text = expression_text(graph, node, names)
    bare = node in names or node.op == "number" or (text.endswith(")") and " * " not in text)
    return text if bare else f"({text})"


def assignment_lines(graph: Graph, assignments: Iterable[Assignment], names: Mapping[Node, str]) -> list[str]:
    """One line of Python for each assignment."""
    lines = []
    for assignment in assignments:
        text = _spelled_out(graph, assignment.node, names)
        lines.append(f"{assignment.name} = {text}")
    return lines
