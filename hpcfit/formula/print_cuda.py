"""Expressions and assignments as CUDA C in double precision, as print_python.py writes them for numba.

Functions that C does not have by these names are in kernels/cuda/prelude.py. A spline reads its polynomials
from `table`, one without parameters (tabulated.py) from `constants`. Of the derivative of a spline by one of
its parameters, the block is written by the number of the parameter, which may be a variable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hpcfit.formula.graph import Graph
from hpcfit.formula.node import Node
from hpcfit.formula.spline_nodes import CUBICS
from hpcfit.formula.stage import Assignment, instruction

_FORMS = {
    "add": "({} + {})",
    "sub": "({} - {})",
    "mul": "{} * {}",
    "negative": "(-{})",
    "inverse": "(1.0 / {})",
    "square": "{0} * {0}",
    "where_less": "({} < {} ? {} : {})",
    "where_less_equal": "({} <= {} ? {} : {})",
    "where_equal": "({} == {} ? {} : {})",
    "power": "pow({}, {})",
}


def expression_text(graph: Graph, node: Node, names: Mapping[Node, str]) -> str:
    """C for the value of a node; nodes in `names` are referred to by name."""
    return names[node] if node in names else _spelled_out(graph, node, names)


def number_text(value: float) -> str:
    """A number as C reads it."""
    return repr(value) if value >= 0 else f"({value!r})"


def _spelled_out(graph: Graph, node: Node, names: Mapping[Node, str]) -> str:
    if node.op == "number":
        return number_text(node.number)
    step = instruction(graph, node)
    if step.op in CUBICS:
        return _spline_text(graph, step.op, step.operands, names)
    texts = [_operand(graph, operand, names) for operand in step.operands]
    if step.op in _FORMS:
        return _FORMS[step.op].format(*texts)
    return f"{step.op}({', '.join(texts)})"


def _spline_text(graph: Graph, op: str, operands: tuple[Node, ...], names: Mapping[Node, str]) -> str:
    x, block, *knots = operands
    texts = [_operand(graph, operand, names) for operand in (x, block, *knots)]
    if block.op == "unit":
        shape = str(block.value).split(",")[:3]
        return f"unit{op}({texts[0]}, {texts[1]}, {texts[2]}, {texts[3]}, {', '.join(shape)})"
    source = "constants" if block.op == "fixed" else "table"
    return f"{op}({source}, {', '.join(texts)})"


def _operand(graph: Graph, node: Node, names: Mapping[Node, str]) -> str:
    text = expression_text(graph, node, names)
    bare = node in names or node.op == "number" or (text.endswith(")") and " * " not in text)
    return text if bare else f"({text})"


def assignment_lines(graph: Graph, assignments: Iterable[Assignment], names: Mapping[Node, str]) -> list[str]:
    """One line of C for each assignment."""
    return [f"const double {each.name} = {_spelled_out(graph, each.node, names)};" for each in assignments]
