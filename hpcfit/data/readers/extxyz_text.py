"""The text of extended XYZ: the comment line's key=value pairs and the columns of atoms.

Extended XYZ as written by ASE, QUIP and others; see
https://github.com/libAtoms/extxyz for the description that this follows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import DataError

_NESTED = r"\[(?:[^\[\]]|\[[^\[\]]*\])*\]"
_VALUE = rf'"(?:\\.|[^"\\])*"|\'[^\']*\'|\{{[^}}]*\}}|{_NESTED}|[^\s"\']+'
_PAIR = re.compile(rf'([^\s="\'\[\]{{}}]+|"(?:\\.|[^"\\])*")\s*=\s*({_VALUE})')
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "r": "\r"}
_TRUTH = {"t": True, "true": True, "1": True, "f": False, "false": False, "0": False}
_PLAIN = "species:S:1:pos:R:3"


@dataclass(frozen=True)
class AtomColumn:
    """Columns [first, last) of the atom lines, and the kind of what they hold: S R I or L."""

    kind: str
    first: int
    last: int


def parse_comment(line: str) -> dict[str, str]:
    """Keys and values (text without its quotes) of a comment line; bare keys, meaning true, are left out."""
    pairs: dict[str, str] = {}
    for key, value in _PAIR.findall(line):
        pairs[_unquoted(key)] = _unquoted(value)
    return pairs


def _unquoted(text: str) -> str:
    """`text` without its quotes, if it has any; in double ones a backslash escapes."""
    if text[0] == '"':
        return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), text[1:-1])
    return text[1:-1] if text[0] == "'" else text


def get(pairs: Mapping[str, str], name: str) -> str | None:
    """The value of `name`, whatever its capitals."""
    for key, value in pairs.items():
        if key.lower() == name:
            return value
    return None


def parse_columns(properties: str | None, where: str) -> dict[str, AtomColumn]:
    """Columns of a Properties value such as "species:S:1:pos:R:3:forces:R:3"; None is plain XYZ."""
    fields = (properties or _PLAIN).strip().split(":")
    columns: dict[str, AtomColumn] = {}
    start = 0
    for name, kind, count in zip(fields[0::3], fields[1::3], fields[2::3], strict=False):
        if kind not in "SRIL" or not count.isdigit() or int(count) == 0:
            break
        columns[name] = AtomColumn(kind, start, start + int(count))
        start += int(count)
    if len(columns) * 3 != len(fields):
        raise DataError(f"{where}: Properties={properties} is not name:type:count with types S, R, I, L.")
    return columns


def parse_pbc(text: str | None, has_cell: bool, where: str) -> NDArray[np.bool_]:
    """Periodic directions (3,); without an entry, periodic when there is a cell."""
    if text is None:
        return np.full(3, has_cell)
    flags = [_TRUTH.get(word.lower()) for word in re.split(r"[\s,\[\]{}]+", text) if word]
    if len(flags) == 1:
        flags = flags * 3
    if len(flags) != 3 or None in flags:
        raise DataError(f'{where}: pbc="{text}" is not three of T and F.')
    return np.array(flags, dtype=bool)


def split_atoms(lines: Sequence[str], width: int, where: str, first_line: int) -> list[str]:
    """The words of all atom lines, `width` a line; DataError with the line that has fewer or more."""
    words = " ".join(lines).split()
    if len(words) != width * len(lines):
        for offset, line in enumerate(lines):
            if len(line.split()) != width:
                raise DataError(
                    f"{where}:{first_line + offset}: expected {width} columns as Properties say, "
                    f"found {len(line.split())}."
                )
    return words


def require_utf8(line: str, where: str) -> None:
    """Refuse a line, read with errors="surrogateescape", in another encoding: names would lose letters."""
    try:
        line.encode()
    except UnicodeEncodeError:
        raise DataError(
            f"{where}: not UTF-8 text; convert the file, such as with `iconv -f latin1 -t utf-8`."
        ) from None


def numeric(
    words: Sequence[str], column: AtomColumn, width: int, name: str, place: tuple[str, int]
) -> NDArray[np.float64]:
    """The values of `column` (natoms, columns) among the `words` of all atom lines.

    Args:
        place: file and line of the first atom.

    Raises:
        DataError: with the line of a word that is no number.
    """
    places = range(column.first, column.last)
    try:
        parts = [list(map(float, words[index::width])) for index in places]
    except ValueError:
        path, line = place
        for number, word in enumerate(words):
            if number % width in places and not _is_number(word):
                raise DataError(
                    f"{path}:{line + number // width}: {name!r}, column {number % width + 1} as Properties "
                    f"say: {word[:40]!r} is not a number."
                ) from None
        raise
    return np.array(parts, dtype=np.float64).T.copy()


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
