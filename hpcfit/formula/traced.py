"""What a Python function computes with while it is traced: symbols that remember what is done to them.

A symbol takes part in arithmetic, in comparisons inside `where` and in functions of NumPy, and in nothing
that needs to know its value: that is refused with a sentence that says what to write instead.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable
from typing import Any, NoReturn

from hpcfit.formula.traced_advice import line_being_traced
from hpcfit.formula.traced_conditions import Condition, Traced
from hpcfit.formula.traced_operations import MOST_OPERATIONS, Part, Tally

_LARGEST = 1e300


class Symbol(Traced):
    """A variable, a parameter, or what was computed from them."""

    __slots__ = ("part", "tally")

    def __init__(self, part: Part, tally: Tally) -> None:
        self.part = part
        self.tally = tally

    def made(self, op: str, *args: Any, value: float | str = 0.0) -> Symbol:
        """The symbol of one more operation, on symbols and numbers."""
        self.tally.operations += 1
        if self.tally.operations > MOST_OPERATIONS:
            self.tally.fail(
                f"more than {MOST_OPERATIONS} operations on variables and parameters. Look for a loop that "
                "does not end, or write a sum in closed form"
            )
        return Symbol(Part(op, tuple(part_of(self.tally, each) for each in args), value), self.tally)

    def __add__(self, other: Any) -> Any:
        return self._with(other, "+", self, other)

    def __radd__(self, other: Any) -> Any:
        if is_number(other) and other == 0:
            return self  # where a sum begins
        return self._with(other, "+", other, self)

    def __sub__(self, other: Any) -> Any:
        return self._with(other, "-", self, other)

    def __rsub__(self, other: Any) -> Any:
        return self._with(other, "-", other, self)

    def __mul__(self, other: Any) -> Any:
        return self._with(other, "*", self, other)

    def __rmul__(self, other: Any) -> Any:
        return self._with(other, "*", other, self)

    def __truediv__(self, other: Any) -> Any:
        if is_number(other) and other == 0:
            self.tally.fail("division by zero. Divide by something else")
        return self._with(other, "/", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._with(other, "/", other, self)

    def __pow__(self, other: Any) -> Any:
        return self._with(other, "**", self, other)

    def __rpow__(self, other: Any) -> Any:
        return self._with(other, "**", other, self)

    def _with(self, other: Any, op: str, first: Any, second: Any) -> Any:
        return self.made(op, first, second) if is_operand(other) else NotImplemented

    def __neg__(self) -> Symbol:
        return self.made("neg", self)

    def __pos__(self) -> Symbol:
        return self

    def __abs__(self) -> Symbol:
        return self.made("abs", self)

    def __lt__(self, other: Any) -> Any:
        return self._compared("<", other)

    def __le__(self, other: Any) -> Any:
        return self._compared("<=", other)

    def __gt__(self, other: Any) -> Any:
        return self._compared(">", other)

    def __ge__(self, other: Any) -> Any:
        return self._compared(">=", other)

    def __eq__(self, other: Any) -> Any:
        return self._compared("==", other)

    def __ne__(self, other: Any) -> Any:
        return self._compared("!=", other)

    __hash__ = object.__hash__

    def _compared(self, comparison: str, other: Any) -> Any:
        if not is_operand(other):
            return NotImplemented
        return Condition(
            self.tally, lambda yes, no: self.made("where", self, other, yes, no, value=comparison)
        )

    def __float__(self) -> float:
        name = line_being_traced().function_of_math
        if name is not None:
            advice = f"Write {name} of hpcfit.formula.functions, or of NumPy"
            self.tally.fail(f"{name} of the module math takes plain numbers only. {advice}")
        self.tally.fail(
            "a plain number is needed here, and a variable or parameter is none yet. Compute with it as it is"
        )

    __int__ = __index__ = __complex__ = __float__

    def _in_brackets(self, _: Any) -> NoReturn:
        self.tally.fail("&, | and ~ combine conditions. Put each into brackets: (r > a) & (r < b)")

    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = _in_brackets

    def _without_derivative(self, *_: Any) -> NoReturn:
        self.tally.fail(
            "rounding, // and % have no derivative. Write where(condition, a, b) of smooth pieces"
        )

    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __divmod__ = _without_derivative
    __round__ = __floor__ = __ceil__ = __trunc__ = _without_derivative


def _method(name: str) -> Callable[[Symbol], Symbol]:
    return lambda self: self.made(name, self)


# NumPy computes a function of an array of objects by these.
for _name in ("exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh"):
    setattr(Symbol, _name, _method(_name))
for _name in ("sin", "cos", "tan"):
    setattr(Symbol, f"arc{_name}", _method(f"a{_name}"))


def is_number(value: Any) -> bool:
    """Whether a value is one real number, of Python or NumPy."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def is_operand(value: Any) -> bool:
    """Whether a value may stand in arithmetic with symbols."""
    return isinstance(value, Symbol) or is_number(value)


def part_of(tally: Tally, value: Any) -> Part:
    """A symbol or a number as part of an expression.

    Raises:
        TraceError: for anything else, and for numbers that are not finite or too large.
    """
    if isinstance(value, Symbol):
        return value.part
    if not is_number(value):
        tally.fail(f"{type(value).__name__} {value!r:.40} is not one number. Give a number, or a symbol")
    number = float(value)
    if not math.isfinite(number) or abs(number) > _LARGEST:
        tally.fail(f"the number {number!r} is not finite, or too large. Look for a division by zero")
    return Part("number", value=number)
