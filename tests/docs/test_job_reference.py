"""docs/job-file.md against the code: no key, type or default of the reference can drift."""

from __future__ import annotations

import dataclasses
import json
import re
import types
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import annotated_types
import pytest
from pydantic import BaseModel

from hpcfit.job.changes import MAY_CHANGE
from hpcfit.job.options import options_of
from hpcfit.job.parameters import ParameterTable, PointTable, PriorTable
from hpcfit.job.schema import (
    SECTIONS,
    Formula,
    LossSection,
    ModelSection,
    PotentialSection,
    RunSection,
    TargetsSection,
)
from hpcfit.problem.mixing import MEANS, RULES
from hpcfit.registry import Registry

PAGE = (Path(__file__).parents[2] / "docs" / "job-file.md").read_text(encoding="utf-8")
Row = tuple[str, str]

#: types that pydantic's annotations do not tell, because a function checks them
SPECIAL = {
    (TargetsSection, "reference_energies"): "table",
    (RunSection, "memory_limit"): "bytes",
    (RunSection, "device"): '"auto", "cpu", "cuda" or a list of them',
    (LossSection, "scale"): 'number or "mad"',
    (PotentialSection, "density"): "formula or table",
    (PotentialSection, "cutoff"): "formula or table",
    (PotentialSection, "mixing"): "text or table",
    (ModelSection, "formula"): "formula or table",
    (ParameterTable, "prior"): "table",
    (ParameterTable, "initial"): "number, list or formula",
    (ParameterTable, "points"): "list of tables",
}


def documented(heading: str) -> dict[str, Row]:
    """{key: (type, default)} of the first table below a heading, before the next heading."""
    start = PAGE.index(f"\n{heading}\n") + len(heading) + 2
    body = re.split(r"\n#+ ", PAGE[start:], maxsplit=1)[0]
    table = re.search(r"^(?:\|.*\n)+", body, re.MULTILINE)
    assert table, f"{heading} has no table"
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table[0].splitlines()]
    assert rows[0] == ["key", "type", "default", "meaning"]
    assert all(len(row) == 4 and row[3] for row in rows[2:]), f"{heading}: a row is not complete"
    return {row[0].strip("`"): (row[1], row[2]) for row in rows[2:]}


def type_text(annotation: Any) -> str:
    """An annotation in the words of the page."""
    if annotation == Formula:
        return "formula"
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is typing.Annotated:
        return type_text(inner[0])
    if origin in (typing.Union, types.UnionType):
        texts = [type_text(each) for each in inner if each is not type(None)]
        return texts[0] if len(texts) == 1 else " or ".join(texts)
    if origin is Literal:
        return _choices([json.dumps(each) for each in inner])
    if origin in (list, tuple):
        return f"list of {type_text(inner[0])}"
    if origin in (dict, Mapping):
        return "table"
    return {bool: "true or false", int: "whole number", float: "number", str: "text"}[origin or annotation]


def _choices(texts: list[str]) -> str:
    return f"{', '.join(texts[:-1])} or {texts[-1]}"


def limits_text(metadata: list[Any]) -> str:
    """What pydantic's constraints say of a number."""
    words = {
        annotated_types.Gt: ("above", "gt"),
        annotated_types.Ge: ("at least", "ge"),
        annotated_types.Lt: ("below", "lt"),
        annotated_types.Le: ("at most", "le"),
    }
    found = []
    for each in metadata:
        if type(each) in words:
            word, attribute = words[type(each)]
            found.append(f", {word} {getattr(each, attribute)}")
    return "".join(found)


def default_text(value: Any) -> str:
    return "-" if value is None else f"`{json.dumps(value)}`"


def constraints(annotation: Any) -> list[Any]:
    """The metadata of an annotation, also inside `X | None`."""
    if get_origin(annotation) is typing.Annotated:
        found = [*get_args(annotation)[1:], *constraints(get_args(annotation)[0])]
        return [part for each in found for part in getattr(each, "metadata", [each])]
    if get_origin(annotation) in (typing.Union, types.UnionType):
        return [part for each in get_args(annotation) for part in constraints(each)]
    return []


def model_rows(model: type[BaseModel]) -> dict[str, Row]:
    hints = typing.get_type_hints(model, include_extras=True)
    rows = {}
    for name, info in model.model_fields.items():
        text = SPECIAL.get((model, name)) or type_text(hints[name]) + limits_text(constraints(hints[name]))
        default = (
            "required" if info.is_required() else default_text(info.get_default(call_default_factory=True))
        )
        rows[name] = (text, default)
    return rows


def option_rows(factory: Callable[..., Any]) -> dict[str, Row]:
    """The same of a dataclass of options, whose limits are in the fields' metadata."""
    defaults = {field.name: field for field in dataclasses.fields(factory)}  # type: ignore[arg-type]
    rows = {}
    for option in options_of(factory) or ():
        meta, field = option.metadata, defaults[option.name]
        text = type_text(option.annotation)
        if "choices" in meta:
            text = _choices([json.dumps(each) for each in meta["choices"]])
        text += f", at least {meta['minimum']:g}" if "minimum" in meta else ""
        text += f", at most {meta['maximum']:g}" if "maximum" in meta else ""
        made = field.default_factory
        value = field.default if made is dataclasses.MISSING else made()
        rows[option.name] = (text, "required" if option.required else default_text(value))
    return rows


def heading_of(name: str) -> str:
    """The heading that names something built in, alone or with others of the same options."""
    found = [line for line in PAGE.splitlines() if line.startswith("### ") and f"`{name}`" in line]
    assert len(found) == 1, f"{name}: {found}"
    return found[0]


@pytest.mark.parametrize("name", SECTIONS)
def test_the_reference_has_every_key_of_a_table_with_its_type_and_default(name: str) -> None:
    heading = f"## `[[{name}]]`" if name == "potential" else f"## `[{name}]`"
    assert documented(heading) == model_rows(SECTIONS[name])


def test_the_reference_has_every_key_of_a_parameter() -> None:
    assert documented("### `[potential.parameters]`") == model_rows(ParameterTable)
    assert documented("### Priors") == model_rows(PriorTable)
    assert documented("### Splines") == model_rows(PointTable)


def test_the_reference_has_every_mixing_rule_and_mean() -> None:
    section = PAGE[PAGE.index("\n### Mixing") : PAGE.index("\n### Transforms")]
    assert re.findall(r'^\| `"([\w-]+)"` \|', section, re.MULTILINE) == [*RULES, "none"]
    means = section[section.index("The means are") :].split(". ")[0]
    assert re.findall(r'`"([\w-]+)"`', means) == list(MEANS)


@pytest.mark.parametrize("kind", ["weights", "residuals", "optimizers"])
def test_the_reference_has_the_options_of_everything_built_in(kind: Any, tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    for name in registry.names(kind):
        item = registry.find(kind, name)
        factory = item.options if kind == "optimizers" else item
        assert documented(heading_of(name)) == option_rows(factory)


def test_the_reference_says_what_may_change_when_a_run_is_resumed() -> None:
    section = PAGE[PAGE.index("## What may change") :]
    assert set(re.findall(r"`(\w+\.\w+)`", section.split("\n\n")[1])) == MAY_CHANGE
