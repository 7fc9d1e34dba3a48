"""Reading the text of a table: words with their lines, numbers, and what is said of those that are none."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import DataError

FloatArray = NDArray[np.float64]
#: tables have a few thousand points; more are a mistake in the header
MOST_POINTS = 1_000_000


@dataclass(frozen=True)
class TableText:
    """The lines of a file."""

    path: Path
    lines: tuple[str, ...]

    @classmethod
    def of_file(cls, path: Path) -> TableText:
        """Read a file; DataError if it cannot be read or is no text."""
        try:
            text = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise DataError(f"{path}:{line}: this is no text, so no table of a potential.") from None
        except OSError as error:
            raise DataError(f"{path}: cannot be read: {error.strerror}.") from None
        return cls(path, tuple(text.splitlines()))

    def words(self, line: int) -> list[str]:
        """The words of a line, counted from 1; none beyond the end."""
        return self.lines[line - 1].split() if line <= len(self.lines) else []

    def fail(self, line: int, fault: str) -> DataError:
        """The error that says what is wrong in a line."""
        return DataError(f"{self.path}:{line}: {fault}")

    def numbers(self, first_line: int, count: int, what: str) -> tuple[FloatArray, int]:
        """The next `count` numbers, in whole lines, and the line after them."""
        found: list[float] = []
        line = first_line
        while len(found) < count:
            if line > len(self.lines):
                raise self.fail(
                    len(self.lines),
                    f"the file ends in {what}, after {len(found)} of {count} numbers. It is cut short, or "
                    "its header gives other numbers of points.",
                )
            found += [self.number(line, word, what) for word in self.words(line)]
            line += 1
        if len(found) > count:
            raise self.fail(
                line - 1,
                f"{what} has {count} numbers by the header, but its last line goes on. Begin each function "
                "on a line of its own.",
            )
        return np.array(found), line

    def number(self, line: int, word: str, what: str) -> float:
        """A finite number, also in Fortran's way of writing it."""
        try:
            value = float(word.replace("D", "e").replace("d", "e"))
        except ValueError:
            raise self.fail(line, f"{word!r} in {what} is no number.") from None
        if not math.isfinite(value):
            raise self.fail(line, f"{word!r} in {what} is not finite.")
        return value

    def grid(self, line: int) -> tuple[int, float, int, float, float]:
        """Nrho, drho, Nr, dr and the cutoff."""
        words = self.words(line)
        if len(words) < 5:
            raise self.fail(line, f"Nrho, drho, Nr, dr and the cutoff are expected, not {' '.join(words)!r}.")
        nrho, drho, nr, dr, cutoff = (self.number(line, word, "the header") for word in words[:5])
        for name, value in (("Nrho", nrho), ("Nr", nr)):
            if value != round(value) or not 5 <= value <= MOST_POINTS:
                raise self.fail(line, f"{name} is a whole number from 5 to {MOST_POINTS}, not {value:g}.")
        for name, value in (("drho", drho), ("dr", dr), ("the cutoff", cutoff)):
            if not value > 0:
                raise self.fail(line, f"{name} must be above 0, not {value:g}.")
        if cutoff > nr * dr * (1 + 1e-6):
            raise self.fail(
                line, f"the cutoff {cutoff:g} lies beyond the last point of the table, at {(nr - 1) * dr:g}."
            )
        return int(nrho), drho, int(nr), dr, cutoff
