"""The files that CP2K writes along a trajectory: frames of XYZ, and tables with a row a step."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hpcfit.data.configuration import Floats
from hpcfit.data.readers.text_file import CutOffError, Lines, floats, whole_number
from hpcfit.errors import DataError

CELL_HEADER = "#   Step   Time [fs]       Ax [Angstrom]"
STRESS_HEADER = "#   Step   Time [fs]            xx [bar]"
_STEP = re.compile(r"\bi\s*=\s*(\d+)")
_ENERGY = re.compile(r"\bE\s*=\s*(\S+)")


@dataclass(frozen=True)
class Frame:
    """One frame: its step, energy (Hartree), and a vector (natoms, 3) for each atom.

    dynamics says that the comment holds a time, as during molecular dynamics.
    """

    where: str
    step: int
    energy: float | None
    dynamics: bool
    symbols: list[str]
    vectors: Floats


class FrameFile:
    """A file of frames, read one after the other."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lines = Lines(path)

    def close(self) -> None:
        """Close the file."""
        self._lines.close()

    def next_frame(self) -> Frame | None:
        """The next frame; None at the end, CutOffError when the file ends within the frame."""
        lines = self._lines
        count = next((line for line in lines if line.strip()), None)
        if count is None:
            if lines.cut:
                raise CutOffError
            return None
        where = lines.where
        natoms = whole_number(count.strip(), where, "number of atoms")
        comment = lines.take()
        step = _STEP.search(comment)
        if step is None or natoms < 1:
            raise DataError(f"{lines.where}: not a frame of CP2K, whose comment is as in 'i = 0, E = -1.0'.")
        energy = _ENERGY.search(comment)
        symbols, rows = [], []
        for _ in range(natoms):
            words = lines.take().split()
            if len(words) < 4:
                raise DataError(
                    f"{lines.where}: expected an element and three numbers, found {len(words)} columns."
                )
            symbols.append(words[0])
            rows.append(floats(words[1:], lines.where, "atoms", 3))
        return Frame(
            where,
            whole_number(step[1], where, "step"),
            None
            if energy is None
            else float(floats([energy[1]], f"{self.path}:{lines.number - natoms}", "E")[0]),
            "time" in comment,
            symbols,
            np.array(rows),
        )

    def frame_of(self, other: Frame) -> Frame:
        """The next frame with the step of `other`; CutOffError, with the file's name, at the end."""
        try:
            while (frame := self.next_frame()) is not None:
                if frame.step == other.step:
                    return frame
                if frame.step > other.step:
                    raise _missing(self.path, other, frame.step)
        except CutOffError:
            pass
        raise CutOffError(self.path.name)


class RowFile:
    """A table whose rows begin with step and time, read one row after the other."""

    def __init__(self, path: Path, what: str) -> None:
        self.path = path
        self._what = what
        self._lines = Lines(path)

    def close(self) -> None:
        """Close the file."""
        self._lines.close()

    def row(self, other: Frame, count: int) -> Floats:
        """The `count` numbers of the step of `other`; CutOffError, with the file's name, at the end."""
        for line in self._lines:
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            step = whole_number(words[0], self._lines.where, "step")
            if step == other.step:
                return floats(words[2:], self._lines.where, self._what, count)
            if step > other.step:
                raise _missing(self.path, other, step)
        raise CutOffError(self.path.name)


def _missing(path: Path, frame: Frame, found: int) -> DataError:
    return DataError(
        f"{path}: has no step {frame.step}, which {frame.where} has (the next is {found}); print both "
        "equally often, or leave its quantity out with --no-forces or --no-stress."
    )
