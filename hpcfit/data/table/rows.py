"""Which rows of a table a job selects: conditions on its columns, all of which must hold."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hpcfit.data.table.columns import Columns
from hpcfit.errors import DataError, KernelError
from hpcfit.formula.array_function import ArrayFunction
from hpcfit.formula.check import names_in

#: a text column compared with a text
_OF_TEXT = re.compile(r"\s*([A-Za-z]\w*)\s*(==|!=)\s*(\"|')(.*)\3\s*\Z")
_JOINED = re.compile(r"\b(and|or|not)\b")
_ASSIGNED = re.compile(r"\s*[A-Za-z]\w*\s*=\s*[\"']")
_HEAD, _TAIL = "where(", ", 1, 0)"
_NO_NAMES: Mapping[str, str] = {}


def columns_of_condition(
    condition: str, called: Mapping[str, str] = _NO_NAMES
) -> tuple[frozenset[str], frozenset[str]]:
    """Names of the columns of numbers, and of texts, that a condition needs.

    Args:
        called: columns by names that they have in formulas.

    Raises:
        KernelError: it cannot be read.
    """
    match = _OF_TEXT.match(condition)
    if match is not None:
        return frozenset(), frozenset({called.get(match[1], match[1])})
    joined = _JOINED.search(condition)
    if joined is not None:
        raise KernelError(
            f"condition {condition!r}: {joined[0]} cannot be used. Write several conditions, which "
            "must all hold"
        )
    if _ASSIGNED.match(condition):
        raise KernelError(f"condition {condition!r}: to compare, write == in place of =")
    try:
        names = names_in(_HEAD + condition + _TAIL, "condition")
    except KernelError as error:
        raise KernelError(_of_condition(str(error), condition)) from None
    return frozenset(called.get(name, name) for name in names), frozenset()


def _of_condition(message: str, condition: str) -> str:
    """A message about the formula that a condition is put into, as one about the condition."""
    whole = f'"{_HEAD}{condition}{_TAIL}"'
    if whole not in message:
        return message
    return re.sub(
        r"\(column (\d+)\)",
        lambda found: f"(column {max(1, int(found[1]) - len(_HEAD))})",
        message.replace(whole, f'"{condition}"'),
    )


def select_rows(
    columns: Columns, conditions: Sequence[str], called: Mapping[str, str] = _NO_NAMES
) -> Columns:
    """The rows for which all conditions hold, such as "T > 300" or 'phase == "fcc"'.

    Args:
        called: columns by names that they have in formulas.

    Raises:
        DataError: no row is left.
        KernelError: a condition that cannot be read.
    """
    keep = np.ones(len(columns), dtype=bool)
    for condition in conditions:
        keep &= _holds(columns, condition, called)
    if not keep.any():
        raise DataError(f"{columns.path}: no row has {' and '.join(conditions)}.")
    return columns if keep.all() else columns.part(keep)


def _holds(columns: Columns, condition: str, called: Mapping[str, str]) -> NDArray[np.bool_]:
    match = _OF_TEXT.match(condition)
    if match is not None:
        same: NDArray[np.bool_] = columns.texts[called.get(match[1], match[1])] == match[4]
        return same if match[2] == "==" else ~same
    text = _HEAD + condition + _TAIL
    names = sorted(names_in(text, "condition"))
    if not names:
        raise KernelError(f"condition {condition!r}: it names no column")
    found = ArrayFunction(text, names[0], names[1:], {}, "condition")
    value = found.value({name: columns.numbers[called.get(name, name)] for name in found.uses})
    holds: NDArray[np.bool_] = np.broadcast_to(value, (len(columns),)) != 0.0
    return holds
