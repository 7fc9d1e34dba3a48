"""From a plain function in Python to the text of a formula, by calling it once with symbols.

The arguments are variables of the term and parameters, by their names; a trailing underscore makes a name of
one that Python keeps for itself (`lambda_` is the parameter lambda). A default that is a number is the
default value of the parameter; any other default stays what the argument is.
"""

from __future__ import annotations

import inspect
import keyword
import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hpcfit.errors import FAILURES, KernelError
from hpcfit.formula import allowed
from hpcfit.formula.traced import Symbol, is_number
from hpcfit.formula.traced_advice import Line, line_of, shown_path
from hpcfit.formula.traced_operations import Part, Tally, TraceError
from hpcfit.formula.traced_text import formula_texts
from hpcfit.formula.written import TERM_VARIABLES

ALL_VARIABLES = frozenset({"zeta", *(name for names in TERM_VARIABLES.values() for name in names)})
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")


@dataclass(frozen=True)
class TracedFormula:
    """What a function stands for.

    Attributes:
        text: its formula.
        let: named sub-expressions (name, formula) of the text; each may use the earlier ones.
        defaults: values of parameters, by the name that the formula writes them by.
    """

    text: str
    let: tuple[tuple[str, str], ...]
    defaults: Mapping[str, float]


def trace(
    function: Callable[..., Any],
    where: str,
    taken: Collection[str] = (),
    variables: Collection[str] = ALL_VARIABLES,
) -> TracedFormula:
    """The formula of a function of variables and parameters.

    Args:
        taken: names that sub-expressions must not have.
        variables: those that the function may have; other variables of formulas it may not.

    Raises:
        KernelError: for what cannot be traced: `where`, file and line, what it is, and what to write instead.
    """
    traced = _Function(function, where, variables)
    first, second = (traced.texts(taken) for _ in range(2))
    if first != second:
        raise traced.fault(
            "it is another formula every time it is called. Take random numbers, times and counters out of it"
        )
    return TracedFormula(first[0], tuple(first[1]), traced.defaults)


class _Function:
    """A function, the symbols for its arguments, and where faults of it are."""

    def __init__(self, function: Callable[..., Any], where: str, variables: Collection[str]) -> None:
        self.function = function
        self.where = where
        self.variables = variables
        code = getattr(inspect.unwrap(function), "__code__", None)
        self.name = getattr(function, "__name__", type(function).__name__)
        self.place = self.name if code is None else f"{shown_path(code.co_filename)}:{code.co_firstlineno}"
        self.defaults: dict[str, float] = {}
        self.names: dict[str, str] = {}
        self.n_positional = 0
        for argument in self._arguments():
            self._add(argument)

    def texts(self, taken: Collection[str]) -> tuple[str, list[tuple[str, str]]]:
        """The formula and its sub-expressions."""
        stem = self.name if _NAME.match(self.name) else "part"
        numbers = iter(range(1, 10_000))
        used = {*taken, *self.names.values()}

        def new_name() -> str:
            return next(name for k in numbers if (name := f"{stem}_{k}") not in used)

        return formula_texts(self._result(), new_name)

    def fault(self, sentence: str, line: Line | None = None) -> KernelError:
        """What is wrong, in this line or else with the function as a whole."""
        return KernelError(f"{self.where}: {self.place if line is None else line.place}: {sentence}")

    def _arguments(self) -> Collection[inspect.Parameter]:
        try:
            return inspect.signature(self.function).parameters.values()
        except (TypeError, ValueError):
            sentence = "its arguments cannot be told. Write a function in Python: def name(r, A): ..."
            raise self.fault(sentence) from None

    def _add(self, argument: inspect.Parameter) -> None:
        default = argument.default
        if argument.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
            raise self.fault(f"{argument} stands for any arguments. Name every variable and parameter")
        if default is not inspect.Parameter.empty and not is_number(default):
            return
        name = argument.name
        written = name[:-1] if name.endswith("_") and keyword.iskeyword(name[:-1]) else name
        if not _NAME.match(written):
            raise self.fault(
                f"argument {name} cannot be a name in formulas. Write a letter, then letters, digits or _"
            )
        if written in allowed.FUNCTIONS or written in allowed.CONSTANTS:
            raise self.fault(f"argument {name} has a meaning in formulas already. Rename it")
        if written in ALL_VARIABLES and written not in self.variables:
            known = ", ".join(self.variables) or "none"
            raise self.fault(f"argument {name} is a variable that there is not here. There is {known}")
        if default is not inspect.Parameter.empty:
            self.defaults[written] = float(default)
        self.n_positional += argument.kind is inspect.Parameter.POSITIONAL_ONLY
        self.names[name] = written

    def _result(self) -> Part:
        tally = Tally()
        symbols = {name: Symbol(Part("name", value=written), tally) for name, written in self.names.items()}
        positional = list(symbols)[: self.n_positional]
        try:
            result = self.function(
                *(symbols[name] for name in positional),
                **{name: symbol for name, symbol in symbols.items() if name not in positional},
            )
            if tally.fault is not None:
                raise tally.fault
        except TraceError as error:
            raise self.fault(str(error), line_of(error.__traceback__)) from None
        except FAILURES as error:
            sentence = f"{type(error).__name__}: {error}. {self.name} is called with symbols for numbers"
            raise self.fault(sentence, line_of(error.__traceback__)) from error
        return self._returned(result)

    def _returned(self, result: Any) -> Part:
        if isinstance(result, np.ndarray) and result.ndim == 0:
            result = result.item()
        if isinstance(result, Symbol):
            return result.part
        if is_number(result) and math.isfinite(result):
            return Part("number", value=float(result))
        if hasattr(result, "close"):
            result.close()  # a coroutine or generator that nobody waits for
        what = "nothing" if result is None else result if is_number(result) else type(result).__name__
        raise self.fault(f"{self.name} returns {what}. Return one expression of its arguments")
