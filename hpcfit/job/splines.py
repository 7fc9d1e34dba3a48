"""What a job says of a spline as a whole: where its coefficients start, what they are bound to be.

`phi = { initial = "exp(-r)" }` speaks of phi_0, phi_1, ... together; what is said of one of them alone counts
for that one. A value that the spline must have at a point takes a coefficient away: it is tied to the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import KernelError
from hpcfit.formula.check import evaluate_expression
from hpcfit.formula.keys import Key
from hpcfit.formula.potential import AnyBound, FormulaPotential
from hpcfit.formula.spline_calls import coefficient_name
from hpcfit.formula.spline_shape import SplineShape
from hpcfit.formula.spline_values import SplineValues
from hpcfit.job.auxiliary import default_value
from hpcfit.job.locate import KeyPath
from hpcfit.job.parameters import ParameterTable, PointTable
from hpcfit.job.source import JobSource, Problem
from hpcfit.problem.parameters import GivenParameter

FloatArray = NDArray[np.float64]
Given = dict[tuple[Key, str], GivenParameter]

#: of a point's largest weight: less than this is no hold on a coefficient
_LEAST = 1e-6


@dataclass(frozen=True)
class SplineWords:
    """What stands for one spline, and for which key, at a place of the job."""

    path: KeyPath
    key: Key
    name: str
    table: ParameterTable


@dataclass
class SplineParameters:
    """The parameters of some splines, how smooth these are to be, and what is wrong."""

    given: Given = field(default_factory=dict)
    smooth: dict[tuple[Key, str], float] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def spline_of(name: str, splines: Mapping[str, SplineShape]) -> str | None:
    """The spline that a name stands for, by itself or as one of its coefficients."""
    found = re.match(r"(\w+)_\d+\Z", name)
    return name if name in splines else found[1] if found and found[1] in splines else None


def spline_parameters(
    source: JobSource, bound: AnyBound, words: Sequence[SplineWords], own: Given
) -> SplineParameters:
    """The parameters of all splines a job speaks of; among its `own` words only those without a start."""
    made = SplineParameters()
    formula = bound.formula
    if not isinstance(formula, FormulaPotential):
        return made
    for each in words:
        try:
            made.given |= dict(_coefficients(bound, formula.splines[each.name], each, own))
        except ValueError as error:
            key, _, sentence = str(error).partition(": ")
            made.problems.append(source.problem((*each.path, *([key] if key else [])), f": {sentence}"))
        if each.table.smoothness is not None:
            made.smooth[each.key, each.name] = each.table.smoothness
    return made


def _coefficients(
    bound: AnyBound, shape: SplineShape, words: SplineWords, own: Given
) -> Iterator[tuple[tuple[Key, str], GivenParameter]]:
    """Each parameter of a spline; ValueError with the faulty key, if any, before the sentence."""
    table = words.table
    names = [coefficient_name(words.name, k) for k in range(shape.n_parameters)]
    if table.tie is not None:
        raise ValueError(f"tie: a spline as a whole has no tie. Tie its coefficients, {names[0]} and so on.")
    free = [(words.key, name) not in own for name in names]
    ties = _ties(shape, table, names, free)
    for name, start, is_free in zip(names, _starts(shape, table, words.name), free, strict=True):
        if not is_free:
            said = own[words.key, name]
            if said.initial is None and said.tie is None:
                yield (words.key, name), replace(said, initial=start)
            continue
        spec = bound.formula.parameter(name)
        if name in ties:
            yield (words.key, name), GivenParameter(tie=ties[name])
            continue
        default = default_value(bound, words.key, name)
        given = table.model_copy(update={"initial": start}).given(spec, default)
        if start is not None and not given.minimum <= start <= given.maximum:
            low = start < given.minimum
            bound_text = f"below {given.minimum:g}" if low else f"above {given.maximum:g}"
            raise ValueError(f"initial: {name} would start at {start:g}, {bound_text}.")
        yield (words.key, name), given


def _starts(shape: SplineShape, table: ParameterTable, name: str) -> list[float | None]:
    """Where the coefficients start; None: where the catalogue has them."""
    n, initial = shape.n_parameters, table.initial
    if initial is None or isinstance(initial, float):
        return [initial] * n
    if isinstance(initial, str):
        try:
            return [float(number) for number in SplineValues(shape).fitted(_function(shape, initial))]
        except KernelError as error:
            sentence = str(error).removeprefix("initial: ")
            end = "" if sentence.endswith("?") else "."
            raise ValueError(
                f"initial: {sentence}{end} {shape.variable} goes from {shape.low:g} to {shape.high:g}."
            ) from None
        except ValueError as error:
            raise ValueError(f"initial: {error}") from None
    if len(initial) != n:
        raise ValueError(f"initial: {name} has {n} coefficients, not {len(initial)}.")
    return list(initial)


class _function:
    """A formula of the spline's variable, which is x or what its knots are called after."""

    def __init__(self, shape: SplineShape, text: str) -> None:
        self._names = dict.fromkeys(("x", shape.variable))
        self._text = text

    def __call__(self, x: FloatArray) -> FloatArray:
        values = [
            evaluate_expression(self._text, dict.fromkeys(self._names, float(each)), "initial") for each in x
        ]
        return np.array(values)


def _ties(
    shape: SplineShape, table: ParameterTable, names: Sequence[str], free: Sequence[bool]
) -> dict[str, str]:
    """The coefficients that the points of a spline decide, as formulas of the others."""
    if not table.points:
        return {}
    if table.fixed:
        raise ValueError("points: a fixed spline has no points; remove them.")
    if shape.monotonic:
        raise ValueError(
            "points: a monotonic spline has none, for what its steps must not be below zero decides already. "
            "Fix some of its parameters instead."
        )
    spline = SplineValues(shape)
    conditions = [
        (spline.weights(point.at, order), value)
        for point in table.points
        for order, value in point.conditions
    ]
    rows = np.array([[*weights, value] for weights, value in conditions])
    pivots: list[int] = []
    for i, row in enumerate(rows):
        usable = [k for k in range(len(names)) if free[k] and k not in pivots]
        best = max(usable, key=lambda k: abs(row[k]), default=None)
        if best is None or abs(row[best]) < _LEAST * max(np.abs(conditions[i][0]).max(), 1e-300):
            raise ValueError(
                f"points: no coefficient is left that point {_place_of(table.points, i) + 1} could decide. "
                "Give fewer points, within its knots and not so close to each other."
            )
        rows[i] = row / row[best]
        for other in range(len(rows)):
            if other != i:
                rows[other] -= rows[other, best] * rows[i]
        pivots.append(best)
    return {
        names[pivot]: _sum([(-row[k], names[k]) for k in range(len(names)) if k not in pivots], row[-1])
        for pivot, row in zip(pivots, rows, strict=True)
    }


def _place_of(points: Sequence[PointTable], condition: int) -> int:
    owners = [place for place, point in enumerate(points) for _ in point.conditions]
    return owners[condition]


def _sum(terms: Sequence[tuple[float, str]], constant: float) -> str:
    """A formula; terms that only rounding has left do not count."""
    parts = [f"({float(factor)!r})*{name}" for factor, name in terms if abs(factor) > 1e-13]
    return " + ".join([*([repr(float(constant))] if constant or not parts else []), *parts])
