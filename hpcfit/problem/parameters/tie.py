"""Ties: a parameter as a formula of others, with its exact derivatives.

The formula is read once into a graph, like those of potentials, and is never evaluated as Python.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hpcfit.errors import KernelError
from hpcfit.formula.build import build_expression
from hpcfit.formula.differentiate import derivative
from hpcfit.formula.graph import Graph
from hpcfit.formula.node import Node, Uses
from hpcfit.formula.substitute import evaluate


@dataclass(frozen=True)
class Tie:
    """A formula of other parameters.

    Attributes:
        text: as the user wrote it.
        formula: the same with a plain name in place of each reference.
        names: for each of these names, the position of the parameter that it stands for.
        mixing: name of the rule that made it.
    """

    text: str
    formula: str
    names: Mapping[str, int]
    mixing: str | None = None

    @cached_property
    def uses(self) -> tuple[int, ...]:
        """Positions of the parameters that it depends on, in order."""
        return tuple(sorted(set(self.names.values())))

    @cached_property
    def same_as(self) -> int | None:
        """The parameter whose value it is, unchanged; None when it is more than a name."""
        value = self._expressions.value
        return self._expressions.positions.get(value)

    def value(self, numbers: Sequence[float]) -> float:
        """Its value where parameter k has the value numbers[k]; NaN where it has none."""
        return self._expressions.at(numbers, (self._expressions.value,))[0]

    def slopes(self, numbers: Sequence[float]) -> tuple[float, ...]:
        """Its derivative by each of the parameters that it `uses`; NaN where there is none."""
        return self._expressions.at(numbers, self._expressions.slopes)

    @cached_property
    def _expressions(self) -> _Expressions:
        return _Expressions.of(self)

    def __getstate__(self) -> dict[str, Any]:
        """Without the graph, which is made anew where it is needed."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True)
class _Expressions:
    """The graph of a tie: its value, its slopes, and which parameter each symbol is."""

    value: Node
    slopes: tuple[Node, ...]
    positions: Mapping[Node, int]

    @classmethod
    def of(cls, tie: Tie) -> _Expressions:
        graph = Graph()
        # One symbol for each parameter, however often and in however many spellings it is named.
        symbols = {position: graph.symbol(f"p{position}", Uses.NOTHING) for position in tie.uses}
        names = {name: symbols[position] for name, position in tie.names.items()}
        try:
            value = build_expression(graph, tie.formula, names, "tie")
            slopes = tuple(derivative(graph, value, symbols[position]) for position in tie.uses)
        except ArithmeticError as error:
            raise KernelError("tie: a part of it is no finite number.") from error
        return cls(value, slopes, {symbol: position for position, symbol in symbols.items()})

    def at(self, numbers: Sequence[float], wanted: tuple[Node, ...]) -> tuple[float, ...]:
        values = {symbol: numbers[position] for symbol, position in self.positions.items()}
        known: dict[Node, float] = {}
        return tuple(_number(node, values, known) for node in wanted)


def _number(node: Node, values: Mapping[Node, float], known: dict[Node, float]) -> float:
    try:
        return evaluate(node, values, known)
    except (ArithmeticError, ValueError):
        return math.nan
