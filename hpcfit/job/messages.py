"""Pydantic's findings as sentences of hpcfit: where, what is wrong, what to write."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from hpcfit.job.locate import KeyPath
from hpcfit.job.source import JobSource, Problem
from hpcfit.job.values import shown
from hpcfit.suggest import closest_name, suggestion

_NUMBERS = re.compile(r"[\d\s,.]+")
_WANTED = {
    "bool_type": "true or false",
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "string_type": "a text in quotes",
    "list_type": "a list in square brackets",
    "tuple_type": "a list in square brackets",
    "dict_type": "a table",
    "mapping_type": "a table",
    "model_type": "a table",
    "finite_number": "a finite number",
}
_RELATIONS = {
    "greater_than": "above {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "below {lt}",
    "less_than_equal": "at most {le}",
}


def problem_of(source: JobSource, where: KeyPath, model: Any, error: ErrorDetails) -> Problem:
    """One finding of pydantic about the table at `where`, which was checked against `model`."""
    location = tuple(error["loc"])
    # "" is the key of parameters for all species, "[key]" marks a fault of a dictionary's key itself.
    key = (*where, *(part for part in location if part not in ("", "[key]")))
    kind = error["type"]
    if kind == "missing":
        misspelt = _misspelt(model, location, error["input"])
        if misspelt is not None:
            return unknown_key(source, (*key[:-1], misspelt), _known_keys(model, location[:-1]))
        return source.problem(key, f" is missing{_description(model, location)}.")
    if kind == "extra_forbidden":
        return unknown_key(source, key, _known_keys(model, location[:-1]))
    return source.problem(key, f": {_fault(kind, error, _example(model, location, error))}")


def _misspelt(model: Any, location: tuple[str | int, ...], table: Any) -> str | None:
    """The key of a table that may be meant for the one that is missing."""
    known = _known_keys(model, location[:-1])
    others = [name for name in table if name not in known] if isinstance(table, Mapping) else []
    return next((name for name in others if closest_name(name, known) == location[-1]), None)


def unknown_key(source: JobSource, key: KeyPath, known: tuple[str, ...]) -> Problem:
    """A key that its table does not have, with the nearest one that it has."""
    name = str(key[-1])
    return source.problem(key, f" is not a known key.{suggestion(name, known)}")


def choices_fault(value: Any, choices: tuple[Any, ...]) -> str:
    """ "'gpu' is not one of 'auto', 'cpu', 'cuda'."."""
    return f"{shown(value)} is not one of {', '.join(shown(each) for each in choices)}."


def fault_sentence(error: ErrorDetails) -> str:
    """One finding of pydantic about a value that stands in no file: "a table is expected, not 3."."""
    return _fault(error["type"], error, "")


def _fault(kind: str, error: ErrorDetails, example: str) -> str:
    value = error["input"]
    context: Mapping[str, Any] = error.get("ctx", {})
    such_as = f" such as {example}" if example else ""
    if kind in _WANTED:
        return f"{_WANTED[kind]}{such_as} is expected, not {shown(value)}."
    if kind in _RELATIONS:
        return f"must be {_RELATIONS[kind].format(**context)}, not {shown(value)}."
    if kind == "literal_error":
        return f"{context['expected']} is expected, not {shown(value)}."
    if kind in ("too_short", "string_too_short"):
        return f"must not be empty.{f' Write for example {example}.' if example else ''}"
    if kind == "value_error":
        return str(context["error"])
    return f"{error['msg']}, not {shown(value)}."


def _description(model: Any, location: tuple[str | int, ...]) -> str:
    field = _field_at(model, location)
    return f": {field.description}" if field is not None and field.description else ""


def _example(model: Any, location: tuple[str | int, ...], error: ErrorDetails) -> str:
    """A value of the right kind: what is meant, where this is sure, or an example of the field's."""
    value = error["input"]
    if error["type"] in ("list_type", "tuple_type") and isinstance(value, str):
        return f"[{value}]" if _NUMBERS.fullmatch(value) else f'["{value}"]'
    field = _field_at(model, location)
    return str(field.examples[0]) if field is not None and field.examples else ""


def _field_at(model: Any, location: tuple[str | int, ...]) -> FieldInfo | None:
    holder = _model_at(model, location[:-1]) if location else None
    return holder.model_fields.get(str(location[-1])) if holder is not None else None


def _known_keys(model: Any, location: tuple[str | int, ...]) -> tuple[str, ...]:
    holder = _model_at(model, location)
    return tuple(holder.model_fields) if holder is not None else ()


def _model_at(annotation: Any, location: tuple[str | int, ...]) -> type[BaseModel] | None:
    """The model of the table at `location` inside a model, through lists and dictionaries."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if not location:
            return annotation
        field = annotation.model_fields.get(str(location[0]))
        return None if field is None else _model_at(field.annotation, location[1:])
    if get_origin(annotation) is Annotated:
        return _model_at(get_args(annotation)[0], location)
    inner = [each for each in get_args(annotation) if each is not type(None)]
    if get_origin(annotation) in (Union, UnionType) and inner:
        return _model_at(inner[-1], location)
    return _model_at(inner[-1], location[1:]) if inner and location else None
