"""A formula as a function of arrays, with its exact derivative by one of its names.

The graph of the formula is differentiated and both are evaluated together, part by part, each equal part
once, by NumPy over whole arrays: for a handful of operations on a thousand rows that is as fast as
compiled code, and there is nothing to compile.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import KernelError
from hpcfit.formula.build import build_expression
from hpcfit.formula.differentiate import derivative
from hpcfit.formula.graph import Graph
from hpcfit.formula.node import Node, Uses
from hpcfit.formula.stage import Instruction, instruction
from hpcfit.formula.walk import settle

FloatArray = NDArray[np.float64]

_OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "negative": np.negative,
    "square": np.square,
    "inverse": lambda a: np.divide(1.0, a),
    "power": np.power,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "where_less": lambda a, b, yes, no: np.where(np.less(a, b), yes, no),
    "where_less_equal": lambda a, b, yes, no: np.where(np.less_equal(a, b), yes, no),
    "where_equal": lambda a, b, yes, no: np.where(np.equal(a, b), yes, no),
}


@dataclass(frozen=True)
class _Step:
    """One operation: what to call with which earlier results, and where its own goes."""

    call: Callable[..., Any]
    operands: tuple[int, ...]


class ArrayFunction:
    """A formula of named arrays.

    Args:
        text: the formula.
        variable: the name to differentiate by.
        names: the other names whose arrays it may use; `positive` ones are known to be above zero.
        constants: names with one value.
        where: what messages begin with.

    Attributes:
        uses: the names that the formula depends on.

    Raises:
        KernelError: for text that is not a formula of these names.
    """

    def __init__(
        self,
        text: str,
        variable: str,
        names: Collection[str],
        constants: Mapping[str, float],
        where: str,
        positive: Collection[str] = (),
    ) -> None:
        graph = Graph()
        symbols = {name: graph.symbol(name, Uses.NOTHING, name in positive) for name in names}
        symbols[variable] = graph.symbol(variable, Uses.DISTANCE_1)
        numbers = {name: graph.number(value) for name, value in constants.items()}
        try:
            value = build_expression(graph, text, {**symbols, **numbers}, where)
            slope = derivative(graph, value, symbols[variable])
        except ArithmeticError as error:
            raise KernelError(f'{where}: "{text}" has a part that is no finite number.') from error
        self._value = _Program(graph, (value,), symbols)
        self._both = _Program(graph, (value, slope), symbols)
        self.uses = frozenset(self._value.inputs)

    def value(self, arrays: Mapping[str, FloatArray]) -> FloatArray:
        """The formula, element by element; NaN or infinite where it is not defined.

        Args:
            arrays: those that it `uses`, of one shape.
        """
        return self._value.run(arrays)[0]

    def value_and_slope(self, arrays: Mapping[str, FloatArray]) -> tuple[FloatArray, FloatArray]:
        """The formula and its derivative, element by element; as scalars where they are constant."""
        value, slope = self._both.run(arrays)
        return value, slope


class _Program:
    """The steps that compute some nodes of a graph from arrays.

    Attributes:
        inputs: names of the arrays that are needed.
    """

    def __init__(self, graph: Graph, outputs: Sequence[Node], symbols: Mapping[str, Node]) -> None:
        self._place: dict[Node, int] = {}
        self._start: list[Any] = []
        self._steps: list[_Step] = []
        steps: dict[Node, Instruction | None] = {}
        for output in outputs:
            settle(output, steps, lambda node: _operands(graph, node), lambda node: _step(graph, node))
        order = list(steps)
        leaves = [node for node in order if not node.args]
        self.inputs = {name: leaves.index(node) for name, node in symbols.items() if node in leaves}
        for node in leaves:
            self._place[node] = len(self._place)
            self._start.append(np.float64(node.number) if node.op == "number" else None)
        for node in order:
            step = steps[node]
            if step is not None:
                operands = tuple(self._place[operand] for operand in step.operands)
                self._place[node] = len(self._place)
                self._steps.append(_Step(_operation(step.op), operands))
        self._outputs = [self._place[node] for node in outputs]

    def run(self, arrays: Mapping[str, FloatArray]) -> list[FloatArray]:
        results = list(self._start)
        for name, place in self.inputs.items():
            results[place] = arrays[name]
        with np.errstate(all="ignore"):
            for step in self._steps:
                results.append(step.call(*(results[operand] for operand in step.operands)))
        return [np.asarray(results[place]) for place in self._outputs]


def _step(graph: Graph, node: Node) -> Instruction | None:
    return instruction(graph, node) if node.args else None


def _operands(graph: Graph, node: Node) -> tuple[Node, ...]:
    step = _step(graph, node)
    return step.operands if step is not None else ()


def _operation(name: str) -> Callable[..., Any]:
    if name in ("erf", "erfc"):
        from scipy import special

        found: Callable[..., Any] = getattr(special, name)
        return found
    known = _OPERATIONS.get(name)
    return getattr(np, name) if known is None else known
