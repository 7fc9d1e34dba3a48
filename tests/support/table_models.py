"""All models of tables of the catalogue as one, so that they are compiled together."""

from __future__ import annotations

import re
from collections.abc import Callable

from hpcfit.formula.parameter_spec import ParameterSpec
from hpcfit.formula.row_formula import RowFormula
from hpcfit.models import MODELS


def catalogue() -> list[RowFormula]:
    """All models of formulas, those with options by their defaults."""
    made = [each for name, each in MODELS.items() if name != "mlp"]
    found = [each if isinstance(each, RowFormula) else _made(each) for each in made]
    assert len(found) == len(MODELS) - 1
    return found


def _made(make: Callable[..., object]) -> RowFormula:
    found = make()
    assert isinstance(found, RowFormula)
    return found


def joined(forms: list[RowFormula]) -> RowFormula:
    """One model of x with an output for each of several, which have no parameter in common."""
    outputs, let, parameters = [], [], []
    for k, form in enumerate(forms):
        own = [*(spec.name for spec in form.parameters), *(name for name, _ in form.let)]
        new = {name: f"{name}_{k}" for name in own} | dict.fromkeys(form.inputs, "x")
        pattern = re.compile(r"\b(" + "|".join(map(re.escape, new)) + r")\b")

        def renamed(text: str, new: dict[str, str] = new, pattern: re.Pattern[str] = pattern) -> str:
            return pattern.sub(lambda match: new[match[1]], text)

        outputs += [(f"y{k}", renamed(text)) for _, text in form.outputs]
        let += [(new[name], renamed(text)) for name, text in form.let]
        parameters += [ParameterSpec(new[spec.name], "shared") for spec in form.parameters]
    return RowFormula("all", tuple(outputs), ("x",), tuple(parameters), tuple(let))
