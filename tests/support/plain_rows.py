"""Models of tables as NumPy evaluates their formulas, and their derivatives by hpcfit's graph: no kernels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hpcfit.formula.build import build_expression
from hpcfit.formula.differentiate import derivative
from hpcfit.formula.graph import Graph
from hpcfit.formula.node import Node, Uses
from hpcfit.formula.print_python import assignment_lines, expression_text
from hpcfit.formula.row_formula import RowFormula
from hpcfit.formula.stage import schedule

FloatArray = NDArray[np.float64]

FUNCTIONS = {
    **{name: getattr(np, name) for name in ("exp", "log", "sqrt", "sin", "cos", "tanh", "pi", "power")},
    "where_equal": lambda a, b, yes, no: np.where(np.equal(a, b), yes, no),
}


def plain_predictions(form: RowFormula, values: Mapping[str, float], inputs: FloatArray) -> FloatArray:
    """Shape (outputs, n): Python's own reading of the formulas."""
    known: dict[str, object] = {
        **FUNCTIONS,
        **values,
        **dict(zip(form.inputs, inputs, strict=True)),
    }
    for name, text in form.let:
        known[name] = eval(text, {}, known)
    found = [eval(text, {}, known) + np.zeros(inputs.shape[1]) for _, text in form.outputs]
    return np.array(found, dtype=np.float64)


def graph_jacobian(form: RowFormula, values: Mapping[str, float], inputs: FloatArray) -> FloatArray:
    """Derivatives by each parameter as the graph has them, shape (parameters, outputs, n)."""
    graph = Graph()
    symbols = {name: graph.symbol(name, Uses.DISTANCE_1) for name in form.inputs}
    symbols |= {spec.name: graph.symbol(spec.name, Uses.NOTHING) for spec in form.parameters}
    known: dict[str, Node] = dict(symbols)
    for name, text in form.let:
        known[name] = build_expression(graph, text, known, name)
    outputs = [build_expression(graph, text, known, name) for name, text in form.outputs]
    slopes = [derivative(graph, node, symbols[spec.name]) for spec in form.parameters for node in outputs]
    assignments, names = schedule(graph, slopes, {node: name for name, node in symbols.items()}, "_t")
    scope: dict[str, object] = {**FUNCTIONS, **values, **dict(zip(form.inputs, inputs, strict=True))}
    with np.errstate(all="ignore"):  # branches that are not taken are evaluated too
        for line in assignment_lines(graph, assignments, names):
            exec(line, {}, scope)
        found = [eval(expression_text(graph, node, names), {}, scope) for node in slopes]
    rows = [each + np.zeros(inputs.shape[1]) for each in found]
    return np.array(rows).reshape(len(form.parameters), len(outputs), -1)
