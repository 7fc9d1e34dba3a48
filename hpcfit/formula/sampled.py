"""A term evaluated over arrays as it is written, noting what may become zero in a denominator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial, reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.formula import allowed
from hpcfit.formula.check import checked_parts, names_in
from hpcfit.formula.interpret import COMPARISONS, Algebra, interpret
from hpcfit.formula.keys import Key
from hpcfit.formula.potential import BoundPotential, TermName
from hpcfit.formula.shorthand import SHORTHANDS
from hpcfit.formula.spline_calls import coefficient_name, splines_in
from hpcfit.formula.spline_shape import SplineShape
from hpcfit.formula.spline_values import SplineValues
from hpcfit.formula.written import WrittenName

FloatArray = NDArray[np.float64]
Function = Callable[[FloatArray], FloatArray]
_DIVIDES = "divides by zero"


@dataclass(frozen=True)
class Divisor:
    """A part of a term that must not be zero, and what the term does to it."""

    values: FloatArray
    does: str = "has no finite value"


@dataclass(frozen=True)
class Limits:
    """Where a function such as switch begins and ends, and at which points a term makes use of it."""

    function: str
    low: FloatArray
    high: FloatArray
    used: NDArray[np.bool_]


@dataclass(frozen=True)
class Samples:
    """Values of a term, the parts that it divides by or takes powers and logarithms of, and its limits."""

    values: FloatArray
    divisors: list[Divisor] = field(default_factory=list)
    limits: list[Limits] = field(default_factory=list)


class SampledTerm:
    """One term of a potential, as a function of arrays of its variables.

    Args:
        values: of the potential's instances, shape (V,).

    Attributes:
        names: what its formulas use.
        splines: those that they have.
    """

    def __init__(
        self, potential: BoundPotential, term: TermName, expression: str, values: FloatArray, where: str
    ) -> None:
        formula = potential.formula
        one_species = len(potential.species) == 1
        self._potential = potential
        self._values = values
        self._written = formula.written_names(term, one_species)
        splines = formula.written_splines(term, one_species)
        names = {*formula.variables(term), *self._written}
        self._parts = checked_parts(formula, names, expression, where, splines)
        texts = [part.source.text for _, part in self._parts]
        self.names = frozenset(name for text in texts for name in names_in(text, where))
        self.splines = tuple(shape for text in texts for _, shape in splines_in(text, where))

    def __call__(self, atoms: Key, variables: Mapping[str, FloatArray]) -> Samples:
        """The term for atoms of these species (centre, neighbours), element by element.

        Where it has no value it is NaN or infinite.
        """
        samples = Samples(np.empty(0))
        shape = np.broadcast_shapes(*(np.shape(value) for value in variables.values()), ())
        names: dict[str, _Array] = {
            name: _Array(np.asarray(value, dtype=np.float64), samples.divisors)
            for name, value in {**self._numbers(atoms), **variables}.items()
        }
        algebra = _algebra(names, samples, self._functions(atoms))
        with np.errstate(all="ignore"):
            for name, checked in self._parts:
                names[name] = interpret(checked.tree, algebra, checked.constants)
        return replace(samples, values=np.broadcast_to(names[""].value, shape))

    def at(self, atoms: Key, variables: Mapping[str, float]) -> float:
        """The term at one point."""
        return float(self(atoms, {name: np.array(value) for name, value in variables.items()}).values)

    def _numbers(self, atoms: Key) -> dict[str, float]:
        functions = self._functions(atoms)
        return {
            written: self._value(name, atoms)
            for written, name in self._written.items()
            if written not in functions
        }

    def _functions(self, atoms: Key) -> dict[str, Function]:
        """The splines and tables by written name."""
        splines = self._potential.formula.splines
        tables = {table.name: table for table in self._potential.formula.tables}
        found: dict[str, Function] = {}
        for written, name in self._written.items():
            if name.parameter in splines:
                found[written] = self._spline(name, splines[name.parameter], atoms)
            elif name.parameter in tables:
                found[written] = partial(tables[name.parameter].value, name.key(atoms))
        return found

    def _spline(self, name: WrittenName, shape: SplineShape, atoms: Key) -> Function:
        names = [coefficient_name(name.parameter, k) for k in range(shape.n_parameters)]
        coefficients = [self._value(WrittenName(each, name.slots), atoms) for each in names]
        return partial(SplineValues(shape), np.array(coefficients))

    def _value(self, name: WrittenName, atoms: Key) -> float:
        instance = self._potential.instance(name.parameter, name.key(atoms))
        return float(self._values[self._potential.position[instance]])


class _Array:
    """An array with the operators that `interpret` applies; what is divided by is noted."""

    def __init__(self, value: Any, divisors: list[Divisor]) -> None:
        self.value = value
        self.divisors = divisors

    def _made(self, value: Any) -> _Array:
        return _Array(value, self.divisors)

    def noted(self, does: str = _DIVIDES) -> Any:
        self.divisors.append(Divisor(self.value, does or Divisor.does))
        return self.value

    def __add__(self, other: _Array) -> _Array:
        return self._made(self.value + other.value)

    def __sub__(self, other: _Array) -> _Array:
        return self._made(self.value - other.value)

    def __mul__(self, other: _Array) -> _Array:
        return self._made(self.value * other.value)

    def __truediv__(self, other: _Array) -> _Array:
        return self._made(np.divide(self.value, other.noted()))

    def __neg__(self) -> _Array:
        return self._made(-self.value)


_RENAMED: Mapping[str, str] = {"asin": "arcsin", "acos": "arccos", "atan": "arctan"}
_EXTREMES: Mapping[str, Callable[[Any, Any], Any]] = {"min": np.minimum, "max": np.maximum}


def _algebra(
    names: Mapping[str, _Array], samples: Samples, functions_of: Mapping[str, Function]
) -> Algebra[_Array]:
    used: list[Any] = [np.True_]  # which points the branches that one is in are taken at

    def made(value: Any) -> _Array:
        return _Array(value, samples.divisors)

    def of_one(name: str) -> Callable[..., _Array]:
        function = _function(name)
        if name == "tan":
            return lambda x: made(np.sin(x.value) / made(np.cos(x.value)).noted())
        if name == "log":
            return lambda x: made(np.log(x.noted("takes the logarithm of zero")))
        return lambda x: made(function(x.value))

    def of_several(choose: Callable[[Any, Any], Any]) -> Callable[..., _Array]:
        return lambda *args: made(reduce(choose, (arg.value for arg in args)))

    def power(a: _Array, b: _Array) -> _Array:
        if np.any(b.value < 0):
            return made(np.power(a.noted(), b.value))
        whole = np.ndim(b.value) == 0 and b.value == np.round(b.value)
        return made(np.power(a.value if whole else a.noted(""), b.value))

    def branch(taken: Any, of: Callable[[], _Array]) -> Any:
        used.append(used[-1] & taken)
        try:
            return of().value
        finally:
            used.pop()

    def where(condition: Any, yes: Callable[[], _Array], no: Callable[[], _Array]) -> _Array:
        return made(np.where(condition, branch(condition, yes), branch(np.logical_not(condition), no)))

    def met(function: str, arguments: Mapping[str, _Array]) -> None:
        low, high = (arguments[name].value for name in SHORTHANDS[function].rising)
        samples.limits.append(Limits(function, *np.broadcast_arrays(low, high, used[-1])))

    return Algebra(
        number=lambda value: made(np.float64(value)),
        name=names.__getitem__,
        functions={
            name: of_several(_EXTREMES[name]) if name in _EXTREMES else of_one(name)
            for name in allowed.PRIMITIVES
        },
        power=power,
        compare={kind: _of_values(compare) for kind, compare in COMPARISONS.items()},
        where=where,
        spline=lambda x, name, shape: made(functions_of[name](x.value)),
        table=lambda x, name: made(functions_of[name](x.value)),
        met=met,
    )


def _of_values(compare: Callable[[Any, Any], Any]) -> Callable[[_Array, _Array], Any]:
    return lambda a, b: compare(a.value, b.value)


def _function(name: str) -> Callable[[Any], Any]:
    if name in ("erf", "erfc"):
        from scipy import special

        found: Callable[[Any], Any] = getattr(special, name)
        return found
    return getattr(np, _RENAMED.get(name, name))  # type: ignore[no-any-return]
