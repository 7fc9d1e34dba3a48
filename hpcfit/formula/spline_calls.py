"""Calls of `bspline` in formulas, and the parameters that they stand for.

bspline(r, phi, knots=20, r_min=1.5, r_max=6.0) makes of the name phi the parameters phi_0, phi_1, ..., as
many as the spline has. Formulas speak of all of them together by the name, with the suffix of their kind.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from hpcfit.formula.allowed import CONSTANTS
from hpcfit.formula.interpret import float_value
from hpcfit.formula.spline_shape import SplineShape, read_shape
from hpcfit.formula.syntax import FormulaText, read_expression

if TYPE_CHECKING:
    from hpcfit.formula.potential import ParameterSpec


def shape_of_call(source: FormulaText, call: ast.Call) -> SplineShape:
    """The shape that a call of bspline gives; KernelError, with its column, for what gives none."""
    keywords: dict[str, float] = {}
    for each in call.keywords:
        name = str(each.arg)
        if name in keywords:
            source.fail(f"{name} twice", each.value.col_offset, " Give it once")
        if any(isinstance(node, ast.Name) and node.id not in CONSTANTS for node in ast.walk(each.value)):
            source.fail(f"{name} is no number", each.value.col_offset, " Knots are given by numbers")
        keywords[name] = float_value(source, each.value, {})
    variable = call.args[0].id if isinstance(call.args[0], ast.Name) else ""
    try:
        return read_shape(keywords, variable)
    except ValueError as error:
        fault, _, advice = str(error).partition(". ")
        source.fail(fault.rstrip("."), call.col_offset, f" {advice}" if advice else "")


def spline_calls(source: FormulaText, tree: ast.expr) -> Iterator[tuple[ast.Call, str, SplineShape]]:
    """Each call, with the name and the shape that it gives."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "bspline":
            name = node.args[1]
            assert isinstance(name, ast.Name)
            yield node, name.id, shape_of_call(source, node)


def splines_in(text: str, where: str) -> list[tuple[str, SplineShape]]:
    """(written name, shape) of each spline of a formula; KernelError for what is none."""
    if "bspline" not in text:
        return []
    source = FormulaText(text, where)
    return [(name, shape) for _, name, shape in spline_calls(source, read_expression(source))]


def stem_of(written: str, names: Iterable[str]) -> str | None:
    """The one of the names that `written` is, with or without the suffix of an atom."""
    known = set(names)
    if written in known:
        return written
    return written[:-1] if written[-1:] in ("0", "1", "2") and written[:-1] in known else None


def coefficient_name(spline: str, index: int) -> str:
    """What the parameter of a spline is called."""
    return f"{spline}_{index}"


def with_coefficients(
    specs: Iterable[ParameterSpec], shapes: Mapping[str, SplineShape]
) -> tuple[ParameterSpec, ...]:
    """The parameters, each that is a spline replaced by the spline's."""
    from dataclasses import replace

    found: list[ParameterSpec] = []
    for spec in as_written(specs):
        shape = shapes.get(spec.name)
        if shape is None:
            found.append(spec)
            continue
        for k in range(shape.n_parameters):
            name, least = coefficient_name(spec.name, k), shape.parameter_minimum(k)
            found.append(replace(spec, name=name, spline=spec.name, minimum=least))
    return tuple(found)


def as_written(specs: Iterable[ParameterSpec]) -> tuple[ParameterSpec, ...]:
    """The parameters as formulas speak of them: those of a spline as one."""
    from dataclasses import replace

    found: list[ParameterSpec] = []
    splines: set[str] = set()
    for spec in specs:
        if not spec.spline:
            found.append(spec)
        elif spec.spline not in splines:
            splines.add(spec.spline)
            found.append(replace(spec, name=spec.spline, spline="", minimum=None))
    return tuple(found)
