"""Options of a named thing (optimizer, weights, ...), checked against what makes it.

A dataclass or a function tells its options by its annotations and defaults. A dataclass field's metadata,
or a dictionary in an argument's Annotated[...], may add "help", "minimum", "maximum", "choices", and
"path" for the name of a file.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from hpcfit.errors import HpcfitError, JobError
from hpcfit.job.locate import KeyPath
from hpcfit.job.messages import choices_fault, fault_sentence, problem_of, unknown_key
from hpcfit.job.source import JobSource, Problem
from hpcfit.job.values import is_number, shown
from hpcfit.registry.failure import describe

_STRICT = ConfigDict(strict=True, arbitrary_types_allowed=True)


@dataclass(frozen=True)
class Option:
    """One option: its type (None when it cannot be told), whether it must be given, and its metadata."""

    name: str
    annotation: Any
    required: bool
    metadata: Mapping[str, Any] = field(default_factory=dict)


def options_of(factory: Callable[..., Any]) -> tuple[Option, ...] | None:
    """The options that a class or function takes as keywords; None when it takes any."""
    try:
        hints = get_type_hints(factory, include_extras=True)
    except Exception:  # annotations that only a type checker can resolve
        hints = {}
    if dataclasses.is_dataclass(factory):
        absent = dataclasses.MISSING
        return tuple(
            Option(
                each.name, hints.get(each.name), each.default is each.default_factory is absent, each.metadata
            )
            for each in dataclasses.fields(factory)
            if each.init
        )
    parameters = inspect.signature(factory).parameters.values()
    if any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters):
        return None
    return tuple(
        Option(each.name, *_annotation(hints.get(each.name), each.default is inspect.Parameter.empty))
        for each in parameters
    )


def _annotation(hint: Any, required: bool) -> tuple[Any, bool, Mapping[str, Any]]:
    """The type, and the metadata of Annotated[type, {...}]."""
    if get_origin(hint) is not Annotated:
        return hint, required, {}
    annotation, *extras = get_args(hint)
    return annotation, required, next((each for each in extras if isinstance(each, Mapping)), {})


def make(
    source: JobSource,
    where: KeyPath,
    factory: Callable[..., Any],
    values: Mapping[str, Any],
    other_keys: tuple[str, ...] = (),
) -> tuple[Any, list[Problem]]:
    """Call `factory` with the options of the table at `where`, if they are all right.

    Args:
        other_keys: keys of that table which are not options, for suggestions.

    Returns:
        What was made, or None, and the faults of the options.
    """
    options = options_of(factory)
    problems: list[Problem] = []
    if options is not None:
        known = {option.name: option for option in options}
        for name in values:
            if name not in known:
                problems.append(unknown_key(source, (*where, name), (*known, *other_keys)))
        for option in options:
            key = (*where, option.name)
            if option.name in values:
                value, faults = _checked(source, key, option, values[option.name])
                values = {**values, option.name: value}
                problems += faults
            elif option.required:
                problems.append(source.problem(key, f" is missing{_help(option)}."))
    if problems:
        return None, problems
    try:
        return factory(**values), []
    except JobError as error:
        return None, [source.placed(sentence, where) for sentence in error.problems]
    except (HpcfitError, TypeError, ValueError) as error:
        return None, [source.problem(_key_of(str(error), where, options or (), values), f": {error}")]
    except Exception as error:
        return None, [source.problem(where, f": {describe(error)}")]


def _key_of(message: str, where: KeyPath, options: tuple[Option, ...], values: Mapping[str, Any]) -> KeyPath:
    """The option that a message begins with, or whose file; else the table at `where`."""
    word = re.split(r"[ ,:]", message, maxsplit=1)[0]
    for option in options:
        is_file = bool(option.metadata.get("path")) and message.startswith(str(values.get(option.name)))
        if option.name in values and (is_file or word == option.name):
            return (*where, option.name)
    return where


def _checked(source: JobSource, key: KeyPath, option: Option, value: Any) -> tuple[Any, list[Problem]]:
    """An option's value in the type that is annotated, and what is wrong with it."""
    choices = option.metadata.get("choices")
    if choices is not None:
        # 1 == True in Python, but not in a job file.
        if any(value == each and type(value) is type(each) for each in choices):
            return value, []
        return value, [source.problem(key, f": {choices_fault(value, tuple(choices))}")]
    made, fault = _as_annotated(option, value)
    if fault is not None:
        return value, [problem_of(source, key, option.annotation, fault)]
    if option.metadata.get("path") and isinstance(made, str):
        return _file(source, key, made)
    if is_number(value):
        sentence = _range_fault(option, value)
        return made, [source.problem(key, f": {sentence}")] if sentence else []
    if isinstance(value, float):
        return value, [source.problem(key, f": a finite number is expected, not {shown(value)}.")]
    return made, []


def type_fault(option: Option, value: Any) -> str | None:
    """What is wrong with the type of an option's value that stands in no job file, or None."""
    _, fault = _as_annotated(option, value)
    return None if fault is None else fault_sentence(fault)


def _file(source: JobSource, key: KeyPath, name: str) -> tuple[str, list[Problem]]:
    """The path, as seen from the current folder, of a file that an option names."""
    path = source.folder / name
    if path.is_file():
        return str(path), []
    sentence = f": there is no file {name}. Paths are relative to the job file."
    return name, [source.problem(key, sentence)]


def _range_fault(option: Option, value: float) -> str | None:
    low, high = option.metadata.get("minimum"), option.metadata.get("maximum")
    hint = f" It is: {option.metadata['help']}." if "help" in option.metadata else ""
    if low is not None and value < low:
        return f"must be at least {low}, not {shown(value)}.{hint}"
    if high is not None and value > high:
        return f"must be at most {high}, not {shown(value)}.{hint}"
    return None


def _as_annotated(option: Option, value: Any) -> tuple[Any, ErrorDetails | None]:
    """The value in its annotated type, or what pydantic finds wrong; types it cannot check pass."""
    if option.annotation is None:
        return value, None
    if get_origin(option.annotation) is tuple and isinstance(value, list):
        value = tuple(value)  # TOML knows lists only; a tuple is what a frozen dataclass has
    try:
        return TypeAdapter(option.annotation, config=_STRICT).validate_python(value), None
    except PydanticUserError:
        return value, None
    except ValidationError as error:
        fault = error.errors()[0]
        # For a union, the place tells the alternative that was tried, which is no key.
        several = get_origin(option.annotation) in (Union, UnionType)
        return value, {**fault, "loc": ()} if several else fault


def _help(option: Option) -> str:
    return f": {option.metadata['help']}" if "help" in option.metadata else ""
