"""The formulas of [model] as texts, those that are functions in Python files ("file.py:function") traced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hpcfit.errors import PluginError
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
        KernelError: a function that cannot be traced.
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
    return WrittenFormulas(formula, {**let, **dict(tracings.take_let())}, tracings.defaults)


def formula_place(name: str) -> str:
    """How messages about the formula of an output begin."""
    return f"model.formula.{name}" if name else "model.formula"


def formula_places(section: ModelSection) -> Iterator[tuple[str, str]]:
    """(how messages about it begin, formula) of each formula of the job."""
    yield from ((formula_place(name), text) for name, text in section.formula.items())
    yield from ((f"model.let.{name}", text) for name, text in section.let.items())
