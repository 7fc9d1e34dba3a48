"""The cells of a table in a text file as numbers and texts; every cell that is neither, with its line."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hpcfit.data.readers.text_file import open_binary
from hpcfit.data.table.head import TableHead, is_comment, split_line
from hpcfit.errors import DataError

FloatArray = NDArray[np.float64]

_BLOCK = 2**20
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
            lines = _lines(head, len(table))
            if lines is not None:
                columns = {name: np.ascontiguousarray(table[:, k]) for k, name in enumerate(numbers)}
                return Cells(columns, {}, lines)
    return _cell_by_cell(head, numbers, wanted, {name: head.index(name) for name in texts})


def _all_numbers(head: TableHead, wanted: Sequence[int]) -> FloatArray | None:
    """All rows at once, where every cell is a finite number; None where some is not."""
    # Between blanks, cells are not counted otherwise: all are read.
    chosen = None if head.delimiter is None else list(wanted)
    try:
        with open_binary(head.path) as file, warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that there is nothing is said by us
            table = np.loadtxt(
                file, delimiter=head.delimiter, skiprows=head.line, usecols=chosen, ndmin=2, quotechar='"'
            )
    except (ValueError, UnicodeDecodeError):
        return None
    if chosen is None and table.shape[1:] == (len(head.names),):
        table = table[:, list(wanted)]
    if table.shape[1:] != (len(wanted),) or not len(table):
        return None
    return table if np.isfinite(table).all() else None


def _lines(head: TableHead, rows: int) -> NDArray[np.int64] | None:
    """The line of each row; None where some row may have more cells than there are columns."""
    delimiter = (head.delimiter or " ").encode()
    n_lines = n_cells = 0
    last = b"\n"
    with open_binary(head.path) as file:
        for _ in range(head.line):
            file.readline()
        while block := file.read(_BLOCK):
            n_lines += block.count(b"\n")
            n_cells += block.count(delimiter)
            last = block[-1:]
    n_lines += last != b"\n"
    if head.delimiter is not None and n_cells > rows * (len(head.names) - 1):
        return None
    if n_lines == rows:
        return np.arange(rows) + head.line + 1
    with open_binary(head.path) as file:
        found = [
            number
            for number, line in enumerate(file, start=1)
            if number > head.line and not is_comment(line.decode("utf-8", errors="replace").strip())
        ]
    return np.array(found, dtype=np.int64) if len(found) == rows else None


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
