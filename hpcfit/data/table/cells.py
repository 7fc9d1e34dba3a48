"""The cells of a table in a text file as numbers and texts; every cell that is neither, with its line."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hpcfit.data.readers.text_file import open_binary
from hpcfit.data.table.head import TableHead, is_comment, split_line
from hpcfit.errors import DataError

FloatArray = NDArray[np.float64]

#: what people write where there is no number
_MISSING = frozenset({"", "nan", "na", "n/a", "null", "none", "-", "--", "?"})


@dataclass
class Cells:
    """Columns of a table; a cell without a number is NaN.

    Attributes:
        line: number of the line of each row, shape (n,).
        faults: (row, sentence) of cells that are no finite number.
    """

    numbers: dict[str, FloatArray]
    texts: dict[str, list[str]]
    line: NDArray[np.int64]
    faults: list[tuple[int, str]] = field(default_factory=list)


def read_cells(head: TableHead, numbers: Sequence[str], texts: Sequence[str] = ()) -> Cells:
    """Read some columns as numbers, some as texts.

    Raises:
        DataError: a line with more cells than there are columns.
    """
    wanted = [head.index(name) for name in numbers]
    if not texts:
        table = _all_numbers(head, wanted)
        if table is not None:
            columns = {name: np.ascontiguousarray(table[:, k]) for k, name in enumerate(numbers)}
            return Cells(columns, {}, np.arange(len(table)) + head.line + 1)
    return _cell_by_cell(head, numbers, wanted, {name: head.index(name) for name in texts})


def _all_numbers(head: TableHead, wanted: Sequence[int]) -> FloatArray | None:
    """All rows at once, where every cell is a finite number; None where some is not."""
    try:
        with open_binary(head.path) as file:
            table = np.loadtxt(
                file,
                delimiter=head.delimiter,
                skiprows=head.line,
                usecols=list(wanted),
                ndmin=2,
                quotechar='"',
            )
    except (ValueError, UnicodeDecodeError):
        return None
    # Lines that are no rows would make all numbers of lines wrong; they are few, and found by reading again.
    return table if np.isfinite(table).all() and len(table) else None


def _cell_by_cell(
    head: TableHead, numbers: Sequence[str], wanted: Sequence[int], texts: dict[str, int]
) -> Cells:
    rows: list[list[float]] = []
    lines: list[int] = []
    found = Cells({}, {name: [] for name in texts}, np.empty(0, np.int64))
    for line, cells in _rows(head):
        row = []
        for name, k in zip(numbers, wanted, strict=True):
            cell = cells[k] if k < len(cells) else ""
            value, fault = _number(cell)
            if fault:
                found.faults.append((len(rows), f"{head.path}:{line}: {name} {fault}"))
            row.append(value)
        for name, k in texts.items():
            found.texts[name].append(cells[k] if k < len(cells) else "")
        rows.append(row)
        lines.append(line)
    table = np.array(rows, dtype=np.float64).reshape(len(rows), len(wanted))
    found.numbers = {name: np.ascontiguousarray(table[:, k]) for k, name in enumerate(numbers)}
    found.line = np.array(lines, dtype=np.int64)
    return found


def _rows(head: TableHead) -> Iterator[tuple[int, list[str]]]:
    """(number of the line, cells) of each row."""
    with open_binary(head.path) as file:
        for line, raw in enumerate(file, start=1):
            text = raw.decode("utf-8", errors="replace").strip("\r\n ")
            if line <= head.line or is_comment(text.strip()):
                continue
            cells = split_line(text, head.delimiter)
            if len(cells) > len(head.names) and any(cells[len(head.names) :]):
                raise DataError(
                    f"{head.path}:{line}: has {len(cells)} cells, but there are {len(head.names)} columns. "
                    "Put texts that contain the delimiter in quotes, or remove what is too much."
                )
            yield line, cells


def _number(cell: str) -> tuple[float, str]:
    """(number, "") or (NaN, what is wrong)."""
    if cell.lower() in _MISSING:
        return math.nan, "is missing"
    try:
        value = float(cell.replace("D", "E").replace("d", "e") if cell[-1:].isdigit() else cell)
    except ValueError:
        return math.nan, f"is {cell[:40]!r}, not a number"
    return (value, "") if math.isfinite(value) else (math.nan, f"is {cell[:40]}, not a finite number")
