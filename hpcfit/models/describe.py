"""A model of tables as text for people: formulas, options, parameters, source."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_type_hints

from hpcfit.formula.network import Network
from hpcfit.formula.row_form import RowForm

#: what is registered under a name
Entry = RowForm | Callable[..., RowForm]


def describe_model(name: str, entry: Entry, options: Mapping[str, Any] | None = None) -> str:
    """What `hpcfit models NAME` prints.

    Args:
        entry: a model, or the function of `options` that makes it.
    """
    if not isinstance(entry, RowForm) and lacks_options(entry, options or {}):
        return "\n\n".join([_wrap(f"{name}: {model_summary(entry)}"), _options(entry)])
    form = entry if isinstance(entry, RowForm) else entry(**(options or {}))
    blocks = [
        _wrap(f"{name}: {form.summary}"),
        "" if isinstance(entry, RowForm) else _options(entry),
        *([] if isinstance(form, Network) else [_formulas(form), _parameters(form)]),
        _wrap(f"Source: {form.source}") if form.source else "",
    ]
    return "\n\n".join(block for block in blocks if block)


def model_summary(entry: Entry) -> str:
    """One line on a model; of a function that needs options, the first of its docstring."""
    if isinstance(entry, RowForm):
        return entry.summary
    if lacks_options(entry, {}):
        return (inspect.getdoc(entry) or "").split("\n", 1)[0].rstrip(".")
    return entry().summary


def lacks_options(entry: Callable[..., RowForm], options: Mapping[str, Any]) -> bool:
    """Whether an option without a default is not given."""
    every = inspect.signature(entry).parameters.values()
    return any(each.default is inspect.Parameter.empty and each.name not in options for each in every)


def _formulas(form: RowForm) -> str:
    lines = [f"  {name} = {text}" for name, text in form.outputs]
    if not isinstance(form, Network):
        lines += [f"    with {name} = {text}" for name, text in form.let]
    return "\n".join([f"A function of {', '.join(form.inputs)}", *lines])


def _parameters(form: RowForm) -> str:
    rows = [("name", "default", "meaning")]
    for spec in form.parameters:
        default = "-" if spec.default is None else f"{spec.default:.10g}"
        rows.append((spec.name, default, spec.description))
    return "\n".join(["Parameters", *_columns(rows)])


def _options(entry: Callable[..., RowForm]) -> str:
    hints = get_type_hints(entry, include_extras=True)
    lines = []
    for option in inspect.signature(entry).parameters.values():
        meta: Mapping[str, Any] = next(iter(getattr(hints.get(option.name), "__metadata__", ())), {})
        needed = option.default is inspect.Parameter.empty
        default = "needed" if needed else f"default {str(option.default).lower()}"
        choices = f": {' | '.join(map(str, meta['choices']))}" if "choices" in meta else ""
        lines.append(f"  {option.name}{choices} ({default})")
        lines += [f"    {meta['help']}"] if "help" in meta else []
    return "\n".join(["Options", *lines]) if lines else ""


def _columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return [
        ("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))).rstrip()
        for row in rows
    ]


def _wrap(text: str) -> str:
    return "\n".join(textwrap.wrap(text, 100, subsequent_indent="  "))
