"""The argument `reading` of a call: how files and atoms are read, checked before anything is."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hpcfit.data import QUANTITIES, ReadOptions
from hpcfit.data.foreign_units import UnitChoice
from hpcfit.errors import JobError
from hpcfit.job.values import shown
from hpcfit.suggest import suggestion

#: what a unit is called in `reading`, and in UnitChoice
_UNITS = {
    "energy_unit": "energy",
    "length_unit": "length",
    "stress_unit": "stress",
    "stress_sign": "stress_sign",
}


def reading_options() -> set[str]:
    """The options of readers that a call may give; which units are chosen follows from those given."""
    return {field.name for field in dataclasses.fields(ReadOptions)} - {"units_chosen"}


def read_options(reading: Any) -> tuple[ReadOptions, UnitChoice]:
    """The options of readers and units from a mapping.

    Raises:
        JobError: with all that is wrong in it.
        DataError: what is no unit.
    """
    given = {} if reading is None else reading
    if not isinstance(given, Mapping):
        raise JobError(
            f"fit(): reading: a dict such as {{'energy_key': 'dft'}} is expected, not {shown(given)}."
        )
    values, problems, known = {}, [], reading_options() | set(_UNITS)
    for name, value in given.items():
        if name not in known:
            problems.append(f"fit(): reading.{name} is not a known key.{suggestion(str(name), known)}")
        elif value is not None:
            convert, expected = _FORMS.get(name, _TEXT)
            try:
                values[name] = convert(value)
            except (TypeError, ValueError):
                problems.append(f"fit(): reading.{name}: {expected} is expected, not {shown(value)}.")
    if problems:
        raise JobError(problems)
    for name in values.get("leave_out", ()):
        if name not in QUANTITIES:
            known = set(QUANTITIES)
            raise JobError(
                f"fit(): reading.leave_out: {shown(name)} is no quantity.{suggestion(str(name), known)}"
            )
    return (
        ReadOptions(**{name: value for name, value in values.items() if name not in _UNITS}),
        UnitChoice(**{_UNITS[name]: value for name, value in values.items() if name in _UNITS}),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, Iterable):
        raise TypeError
    return (value,) if isinstance(value, str) else tuple(map(_text, value))


def _flag(value: Any) -> bool:
    if not isinstance(value, bool | np.bool_):
        raise TypeError
    return bool(value)


def _cell(value: Any) -> tuple[tuple[float, ...], ...]:
    cell = np.asarray(value, dtype=np.float64)
    if cell.shape != (3, 3) or not np.isfinite(cell).all():
        raise ValueError
    return tuple(tuple(row) for row in cell.tolist())


def _path(value: Any) -> Path:
    return Path(os.fspath(value))


_TEXT: tuple[Callable[[Any], Any], str] = (_text, "a text")
#: how a value becomes that of an option, and what it must be
_FORMS: Mapping[str, tuple[Callable[[Any], Any], str]] = {
    "leave_out": (lambda value: frozenset(_texts(value)), f"a list of {', '.join(QUANTITIES)}"),
    "energies": (_path, "a path"),
    "types": (_texts, "a list of chemical symbols"),
    "cell": (_cell, "a matrix of 3 x 3 numbers"),
    "keep_unconverged": (_flag, "True or False"),
}
