"""The formulas of [model] as texts, those that are functions in Python files ("file.py:function") traced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hpcfit.errors import KernelError, PluginError
from hpcfit.formula.spline_calls import splines_in
from hpcfit.formula.tracings import Tracings
from hpcfit.job.schema import ModelSection
from hpcfit.registry import Registry, is_reference


@dataclass(frozen=True)
class WrittenFormulas:
    """Formulas as texts.

    Attributes:
        formula: by output, as in `ModelSection`.
        let: sub-expressions in their order, those of functions among them.
        defaults: values of parameters that functions give.
    """

    formula: Mapping[str, str]
    let: Mapping[str, str]
    defaults: Mapping[str, float]


def written_formulas(section: ModelSection, registry: Registry) -> WrittenFormulas:
    """The formulas of the section with texts in place of functions.

    Raises:
        PluginError: a function that is not there.
        KernelError: a function that cannot be traced, a spline.
    """
    tables = [section.parameters, *section.group_parameters.values()]
    named = [*section.let, *(name for table in tables for name in table)]
    tracings = Tracings([*named, *(text for _, text in formula_places(section) if not is_reference(text))])

    def text(written: str, place: str) -> str:
        if not is_reference(written):
            return written
        try:
            function = registry.function(written)
        except PluginError as error:
            raise PluginError(f"{place}: {error}") from error
        return tracings.text(function, place)

    let: dict[str, str] = {}
    for name, written in section.let.items():
        found = text(written, f"model.let.{name}")
        let |= {**dict(tracings.take_let()), name: found}
    formula = {name: text(written, formula_place(name)) for name, written in section.formula.items()}
    let |= dict(tracings.take_let())
    for place, found in _places(formula, let):
        for name, _ in splines_in(found, place):
            raise KernelError(
                f"{place}: {name} cannot be a spline; bspline makes functions of potentials only. For a "
                "curve that has no formula take a polynomial or an mlp by model.name"
            )
    return WrittenFormulas(formula, let, tracings.defaults)


def formula_place(name: str) -> str:
    """How messages about the formula of an output begin."""
    return f"model.formula.{name}" if name else "model.formula"


def formula_places(section: ModelSection) -> Iterator[tuple[str, str]]:
    """(how messages about it begin, formula) of each formula of the job."""
    return _places(section.formula, section.let)


def _places(formula: Mapping[str, str], let: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield from ((formula_place(name), text) for name, text in formula.items())
    yield from ((f"model.let.{name}", text) for name, text in let.items())
