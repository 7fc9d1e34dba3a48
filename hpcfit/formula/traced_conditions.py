"""Conditions in a function that is traced: comparisons of symbols, which `where` chooses by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hpcfit.formula.traced_advice import line_being_traced
from hpcfit.formula.traced_operations import Tally


class Traced:
    """What symbols and conditions have in common: they belong to one tracing, and NumPy asks them first."""

    tally: Tally

    def __bool__(self) -> bool:
        line = line_being_traced()
        advice = "where(r < rc, a, b) with where of hpcfit.formula.functions or of NumPy"
        if line.calls("min", "max"):
            advice = "minimum(a, b) or maximum(a, b) of hpcfit.formula.functions or of NumPy"
        elif line.combines_conditions:
            advice = "where((r > a) & (r < b), yes, no); conditions are combined by &, | and ~"
        self.tally.fail(f"a branch cannot depend on a variable or parameter. Write {advice}")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        from hpcfit.formula.traced_numpy import of_ufunc

        return of_ufunc(self.tally, ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        from hpcfit.formula.traced_numpy import of_function

        return of_function(self.tally, function, args, options)


@dataclass(frozen=True, eq=False)
class Condition(Traced):
    """A comparison, or several combined by & | ~; what `where` chooses by."""

    tally: Tally
    choose: Callable[[Any, Any], Any] = field(repr=False)

    def __and__(self, other: Any) -> Any:
        second = self._as_condition(other)
        if second is None:
            return NotImplemented
        return Condition(self.tally, lambda yes, no: self.choose(second.choose(yes, no), no))

    def __or__(self, other: Any) -> Any:
        second = self._as_condition(other)
        if second is None:
            return NotImplemented
        return Condition(self.tally, lambda yes, no: self.choose(yes, second.choose(yes, no)))

    __rand__ = __and__
    __ror__ = __or__

    def __invert__(self) -> Condition:
        return Condition(self.tally, lambda yes, no: self.choose(no, yes))

    def _as_condition(self, other: Any) -> Condition | None:
        if type(other).__name__ in ("bool", "bool_"):  # of Python, of NumPy
            return Condition(self.tally, lambda yes, no: yes if other else no)
        return other if isinstance(other, Condition) else None
