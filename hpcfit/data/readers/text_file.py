"""Text files as programs write them: read line by line, gzip'd or not, whole or cut off."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import numpy as np

from hpcfit.data.configuration import Floats
from hpcfit.errors import DataError

_GZIP = b"\x1f\x8b"
_HEAD = 1 << 16
#: Fortran leaves no blank before a negative number that fills its field.
_TOUCHING = re.compile(r"(?<=[0-9.])(?=-[0-9.]|\*)")
_STARS = " (stars stand for a number too wide for its column)"
_BROKEN_GZIP = (EOFError, gzip.BadGzipFile, zlib.error)


class CutOffError(Exception):
    """The file ended where more had to come, as that of a run that was killed."""


def open_binary(path: Path) -> IO[bytes]:
    """`path` for reading, what is in it if it is gzip'd."""
    with path.open("rb") as file:
        compressed = file.read(2) == _GZIP
    return gzip.open(path, "rb") if compressed else path.open("rb")  # type: ignore[return-value]


@contextmanager
def open_gently(path: Path) -> Iterator[Iterator[bytes]]:
    """The lines of `path` (of what is in it, if it is gzip'd), up to where its compression is cut off."""
    with open_binary(path) as file:

        def lines() -> Iterator[bytes]:
            try:
                yield from file
            except _BROKEN_GZIP:
                return

        yield lines()


def head(path: Path, size: int = _HEAD) -> str:
    """The first `size` bytes of `path` (of what is in it, if it is gzip'd) as text; for sniffing."""
    with open_binary(path) as file:
        try:
            return file.read(size).decode("utf-8", errors="replace")
        except _BROKEN_GZIP:
            return ""


class Lines:
    """The lines of a text file, without their ends; `number` is that of the last one given, from 1.

    `cut` is True after the last line when the file ends within a line or within its compression:
    that line is not given, for the number it ends with may have lost digits. With `whole` a last
    line without an end is given like the others: files written by hand often lack it.
    """

    def __init__(self, path: Path, *, whole: bool = False) -> None:
        self.path = path
        self.number = 0
        self.cut = False
        self._whole = whole
        self._file = open_binary(path)
        self._back: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._back is not None:
            line, self._back = self._back, None
            self.number += 1
            return line
        try:
            raw = self._file.readline()
        except _BROKEN_GZIP:
            self.cut = True
            raise StopIteration from None
        if not raw:
            raise StopIteration
        if not raw.endswith(b"\n") and not self._whole:
            self.cut = True
            raise StopIteration
        self.number += 1
        text = raw.decode("utf-8", errors="replace").rstrip("\r\n")
        return text.removeprefix("\ufeff") if self.number == 1 else text

    @property
    def where(self) -> str:
        """file:line of the last line given."""
        return f"{self.path}:{self.number}"

    def back(self, line: str) -> None:
        """Give `line`, the last one given, once more."""
        self._back = line
        self.number -= 1

    def take(self) -> str:
        """The next line; CutOffError when there is none."""
        for line in self:
            return line
        raise CutOffError

    def vectors(self, count: int, columns: slice, what: str, *, width: int | None = None) -> Floats:
        """Numbers (count, columns) of the next `count` lines; DataError with the line for anything else."""
        rows = []
        for _ in range(count):
            words = words_of(self.take())
            if width is not None and len(words) < width:
                stars = _STARS if any("*" in word for word in words) else ""
                raise DataError(
                    f"{self.where}: expected {width} columns for {what}, found {len(words)}{stars}."
                )
            rows.append(floats(words[columns], self.where, what))
        return np.array(rows, dtype=np.float64).reshape(count, -1)


def words_of(line: str) -> list[str]:
    """The words of a line, with numbers that touch each other taken apart."""
    return _TOUCHING.sub(" ", line).split()


def floats(words: Sequence[str], where: str, what: str, count: int | None = None) -> Floats:
    """`words` as numbers (n,); DataError, beginning with `where`, when they are not `count` finite ones."""
    if count is not None and len(words) < count:
        raise DataError(f"{where}: expected {count} numbers for {what}, found {len(words)}.")
    taken = list(words if count is None else words[:count])
    try:
        quick = np.array(list(map(float, taken)))
    except ValueError:
        pass
    else:
        if np.isfinite(quick).all():
            return quick
    values = np.empty(len(taken))
    for place, word in enumerate(taken):
        try:
            values[place] = float(word.replace("D", "E").replace("d", "e"))
        except ValueError:
            values[place] = np.nan
        if not np.isfinite(values[place]):
            stars = _STARS if "*" in word else ""
            raise DataError(f"{where}: {what}: {word[:40]!r} is not a finite number{stars}.")
    return values


def whole_number(word: str, where: str, what: str) -> int:
    """`word` as an integer; DataError, beginning with `where`, when it is none."""
    try:
        return int(word)
    except ValueError:
        raise DataError(f"{where}: {what}: {word[:40]!r} is not a whole number.") from None
