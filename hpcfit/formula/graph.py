"""Expressions as a graph in which equal parts exist once.

Values, derivatives and mixed second derivatives of an energy share most of their parts: with
every node stored once, differentiating costs few new nodes and common sub-expressions need no
search. Every product is kept as (number) x (parameters only) x (one bond only) x (the rest), so
that what can be computed earlier, or taken out of a sum over neighbours, stands apart.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping

from hpcfit.formula.node import Node, Part, Uses, base_and_power, factors_of, terms_of

#: what decides between the branches of a node
COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "where_less": operator.lt,
    "where_less_equal": operator.le,
    "where_equal": operator.eq,
}
#: integer powers up to this become multiplications
MOST_MULTIPLICATIONS = 64


class Graph:
    """Makes nodes, each different one once, simplified where that costs nothing."""

    def __init__(self) -> None:
        self._nodes: dict[tuple[object, ...], Node] = {}
        self.zero = self.number(0.0)
        self.one = self.number(1.0)

    def _node(
        self,
        op: str,
        args: tuple[Node, ...] = (),
        value: float | str | int | None = None,
        uses: Uses | None = None,
        positive: bool = False,
    ) -> Node:
        key = (op, args, value, type(value))
        found = self._nodes.get(key)
        if found is None:
            if uses is None:
                uses = Uses.NOTHING
                for arg in args:
                    uses |= arg.uses
            found = self._nodes[key] = Node(op, args, value, uses, positive, len(self._nodes))
        return found

    def number(self, value: float) -> Node:
        """A constant; OverflowError when it is not finite."""
        if not math.isfinite(value):
            raise OverflowError(f"{value} is no finite number")
        return self._node("number", value=float(value) + 0.0, positive=value > 0)

    def symbol(self, name: str, uses: Uses, positive: bool = False) -> Node:
        """A variable or parameter."""
        return self._node("symbol", value=name, uses=uses, positive=positive)

    def add(self, a: Node, b: Node) -> Node:
        """a + b."""
        if a.op == "number" and b.op == "number":
            return self.number(a.number + b.number)
        if a is self.zero:
            return b
        if b is self.zero:
            return a
        if a is b:
            return self.mul(self.number(2.0), a)
        if a is self.negative(b):
            return self.zero
        a, b = sorted((a, b), key=lambda node: (node.part, node.index))
        return self._node("add", (a, b), positive=a.positive and b.positive)

    def sum(self, nodes: Iterable[Node]) -> Node:
        """Sum of any number of nodes."""
        result = self.zero
        for node in nodes:
            result = self.add(result, node)
        return result

    def negative(self, a: Node) -> Node:
        """-a."""
        return self.mul(self.number(-1.0), a)

    def sub(self, a: Node, b: Node) -> Node:
        """a - b."""
        return self.add(a, self.negative(b))

    def mul(self, a: Node, b: Node) -> Node:
        """a * b, its factors sorted by when they can be computed."""
        if a is self.zero or b is self.zero:
            return self.zero
        merged = dict(factors_of(a))
        for part, factor in factors_of(b).items():
            merged[part] = self._same_part_product(merged[part], factor) if part in merged else factor
        factors: dict[Part, Node] = {}
        for factor in merged.values():  # a product may be simpler than its factors: r * (1/r)
            part = factor.part
            factors[part] = self._same_part_product(factors[part], factor) if part in factors else factor
        if self.one in factors.values():
            factors = {part: factor for part, factor in factors.items() if factor is not self.one}
        if not factors:
            return self.one
        ordered = [factors[part] for part in sorted(factors)]
        result = ordered[0]
        for place, factor in enumerate(ordered[1:], start=2):
            result = self._node("mul", (result, factor), positive=result.positive and factor.positive)
            if not result.factors:
                result.factors.update({item.part: item for item in ordered[:place]})
        return result

    def _same_part_product(self, a: Node, b: Node) -> Node:
        if a.op == "number" and b.op == "number":
            return self.number(a.number * b.number)
        (base, n), (other, m) = base_and_power(a), base_and_power(b)
        if base is other:
            return self.powi(base, n + m)
        if n == -1 and m == -1:  # one division instead of two
            return self.inverse(self.mul(base, other))
        a, b = sorted((a, b), key=lambda node: node.index)
        return self._node("mul", (a, b), positive=a.positive and b.positive)

    def inverse(self, a: Node) -> Node:
        """1/a."""
        if a.op == "number" and a.number != 0.0:
            return self.number(1.0 / a.number)
        if a.op == "inverse":
            return a.args[0]
        if a.op == "power_i":
            return self.powi(self.inverse(a.args[0]), int(a.value or 0))
        if a.factors:
            result = self.one
            for factor in a.factors.values():
                result = self.mul(result, self.inverse(factor))
            return result
        return self._node("inverse", (a,), positive=a.positive)

    def div(self, a: Node, b: Node) -> Node:
        """a / b."""
        return self.mul(a, self.inverse(b))

    def powi(self, a: Node, n: int) -> Node:
        """a to an integer power."""
        if n == 0:
            return self.one
        if n < 0:
            return self.powi(self.inverse(a), -n)
        if n == 1:
            return a
        if a.op == "number":
            return self.number(a.number**n)
        if a.op == "power_i":
            return self.powi(a.args[0], n * int(a.value or 0))
        if a.op == "exp":
            return self.exp(self.mul(self.number(n), a.args[0]))
        if a.factors:
            result = self.one
            for factor in a.factors.values():
                result = self.mul(result, self.powi(factor, n))
            return result
        return self._node("power_i", (a,), n, positive=a.positive)

    def pow(self, a: Node, b: Node) -> Node:
        """a ** b; by multiplication, square root, or exp(b log a) where a is known to be positive."""
        if b.op == "number":
            twice = 2.0 * b.number
            if twice == round(twice) and abs(twice) <= 2 * MOST_MULTIPLICATIONS:
                whole, half = divmod(round(twice), 2)
                root = self.function("sqrt", a) if half else self.one
                return self.mul(root, self.powi(a, whole))
        if a is self.one:
            return self.one
        if a.positive:
            return self.exp(self.mul(b, self.log(a)))
        if a.factors:  # (sigma/r)**p: the sign of sigma is unknown, that of r is not
            known = [factor for factor in a.factors.values() if factor.positive]
            rest = [factor for factor in a.factors.values() if not factor.positive]
            if known:
                return self.mul(self.pow(self._product(known), b), self.pow(self._product(rest), b))
        return self.function("power", a, b)

    def _product(self, nodes: Iterable[Node]) -> Node:
        result = self.one
        for node in nodes:
            result = self.mul(result, node)
        return result

    def exp(self, a: Node) -> Node:
        """e**a; a sum over both bonds of a triplet is split: each factor belongs to one bond."""
        if a is self.zero:
            return self.one
        if a.uses & Uses.DISTANCE_1 and a.uses & Uses.DISTANCE_2 and a.op == "add":
            groups: dict[Part, Node] = {}
            for term in terms_of(a):
                part = term.part if term.part in (Part.BOND_1, Part.BOND_2) else Part.TRIPLET
                groups[part] = self.add(groups.get(part, self.zero), term)
            if len(groups) > 1:
                return self._product(self.exp(group) for group in groups.values())
        return self._node("exp", (a,), positive=True)

    def log(self, a: Node) -> Node:
        """Natural logarithm; that of 1/a as -log(a)."""
        if a is self.one:
            return self.zero
        if a.op == "inverse":
            return self.negative(self.log(a.args[0]))
        return self._node("log", (a,))

    def function(self, name: str, *args: Node) -> Node:
        """A call of a function known to the printers."""
        return self._node(name, args, positive=name == "sqrt" and args[0].positive)

    def valued(self, op: str, args: tuple[Node, ...], value: float | str | int | None) -> Node:
        """An operation of which the value says more."""
        return self._node(op, args, value)

    def where(self, comparison: str, a: Node, b: Node, yes: Node, no: Node) -> Node:
        """yes if a (comparison) b else no; comparison is where_less, where_less_equal or where_equal."""
        if yes is no:
            return yes
        if a.op == "number" and b.op == "number":
            return yes if COMPARISONS[comparison](a.number, b.number) else no
        return self._node(comparison, (a, b, yes, no), positive=yes.positive and no.positive)
