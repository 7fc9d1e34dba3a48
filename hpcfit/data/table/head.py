"""The head of a table in a text file: the line with the names of its columns."""

from __future__ import annotations

import codecs
import csv
import re
from dataclasses import dataclass
from pathlib import Path

from hpcfit.data.readers.text_file import open_binary
from hpcfit.data.tables import check_columns
from hpcfit.errors import DataError

_WITH_UNIT = re.compile(r"(.*?)\s*(?:\[([^\]]*)\]|\(([^)]*)\))\s*\Z")
_OF_SUFFIX = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
_COMMENT = "#"
_LONGEST = 1_000_000
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class TableHead:
    """How to read a table.

    Attributes:
        line: number of the line with the names, from 1.
        delimiter: what divides cells; None for blanks.
        names: of the columns, without their units.
        units: what stands in brackets behind a name, "" for nothing.
    """

    path: Path
    line: int
    delimiter: str | None
    names: tuple[str, ...]
    units: tuple[str, ...]

    def index(self, name: str) -> int:
        """Position of a column.

        Raises:
            DataError: there is none of this name, or several.
        """
        found = [k for k, each in enumerate(self.names) if each == name]
        check_columns(f"{self.path}:{self.line}", (name,), self.names)
        if len(found) > 1:
            raise DataError(
                f"{self.path}:{self.line}: {len(found)} columns are called {name}; rename all but one."
            )
        return found[0]


def read_head(path: Path) -> TableHead:
    """Find the names of the columns: the first line that is neither empty nor a comment.

    Raises:
        DataError: there is none, or it holds numbers.
    """
    with open_binary(path) as file:
        for number, line in enumerate(file, start=1):
            if b"\0" in line or line.startswith(_UTF_16):
                raise DataError(f"{path}: is not plain text. Save a sheet as CSV, and text as UTF-8.")
            text = line[:_LONGEST].decode("utf-8-sig" if number == 1 else "utf-8", errors="replace").strip()
            if text and not text.startswith(_COMMENT):
                return _head(path, number, text)
    raise DataError(f"{path}: holds no table; its first line must name the columns.")


def split_line(text: str, delimiter: str | None) -> list[str]:
    """The cells of a line, without blanks and quotes around them."""
    if delimiter is None:
        return text.split()
    return [cell.strip() for cell in next(csv.reader([text], delimiter=delimiter, skipinitialspace=True))]


def is_comment(text: str) -> bool:
    """Whether a line without blanks around it says nothing."""
    return not text or text.startswith(_COMMENT)


def _head(path: Path, number: int, text: str) -> TableHead:
    delimiter = _delimiter(path, text)
    cells = split_line(text, delimiter)
    if all(_is_number(cell) for cell in cells):
        example = (delimiter or " ").join(("x", "y", "z")[: len(cells)])
        raise DataError(
            f"{path}:{number}: holds numbers where the names of the columns must stand. Write a line such as "
            f"{example!r} above it."
        )
    found = [_WITH_UNIT.match(cell) for cell in cells]
    names = [
        cell if match is None or not match[1] else match[1] for cell, match in zip(cells, found, strict=True)
    ]
    units = ["" if match is None or not match[1] else match[2] or match[3] or "" for match in found]
    return TableHead(path, number, delimiter, tuple(names), tuple(units))


def _delimiter(path: Path, text: str) -> str | None:
    usual = _OF_SUFFIX.get(path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix)
    for candidate in (usual, "\t", ";", ","):
        if candidate is not None and candidate in text:
            return candidate
    return usual


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
