"""The snapshots of a LAMMPS text dump: timestep, box and columns of atoms, sorted by atom id.

Boxes as docs.lammps.org/Howto_triclinic.html describes them: the bounds of a triclinic dump enclose
the tilted box, and its own edges are found by taking the tilts off again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from hpcfit.data.configuration import Floats
from hpcfit.data.readers.text_file import CutOffError, Lines, floats, whole_number
from hpcfit.errors import DataError


@dataclass
class Snapshot:
    """One snapshot; rows are the words of its atoms, first_line the line that the rows begin at."""

    where: str
    path: Path
    step: int = -1
    natoms: int = -1
    units: str = ""
    cell: Floats = field(default_factory=lambda: np.zeros((3, 3)))
    origin: Floats = field(default_factory=lambda: np.zeros(3))
    pbc: tuple[bool, ...] = ()
    columns: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)

    def numbers(self, places: list[int]) -> Floats:
        """The columns at `places` (natoms, n) as numbers."""
        names = " ".join(self.columns[place] for place in places)
        words = [row[place] for row in self.rows for place in places]
        return floats(words, self.where, names).reshape(len(self.rows), len(places))


def snapshots(path: Path) -> Iterator[Snapshot | None]:
    """The snapshots of a dump in their order; None in place of one that the end of the file cuts off."""
    units = ""
    with Lines(path) as lines:
        snapshot: Snapshot | None = None
        try:
            for line in lines:
                item = line.strip()
                if not item:
                    continue
                if not item.startswith("ITEM:"):
                    raise DataError(
                        f"{lines.where}: expected a line beginning with ITEM:, found {item[:40]!r}."
                    )
                if item == "ITEM: TIMESTEP":
                    snapshot = Snapshot(lines.where, path, units=units)
                    snapshot.step = whole_number(lines.take().strip(), lines.where, "timestep")
                elif item == "ITEM: UNITS":
                    units = lines.take().strip()
                elif item == "ITEM: TIME":
                    lines.take()
                elif snapshot is None:
                    raise DataError(f"{lines.where}: {item[:40]!r} before any ITEM: TIMESTEP.")
                elif _item(item, lines, snapshot):
                    yield snapshot
                    snapshot = None
        except CutOffError:
            yield None
        else:
            if snapshot is not None or lines.cut:
                yield None


def _item(item: str, lines: Lines, snapshot: Snapshot) -> bool:
    """Take one section of a snapshot; True when it was the last, the atoms."""
    if item.startswith("ITEM: NUMBER OF ATOMS"):
        snapshot.natoms = whole_number(lines.take().strip(), lines.where, "number of atoms")
        if snapshot.natoms < 1:
            raise DataError(f"{lines.where}: a snapshot of {snapshot.natoms} atoms.")
    elif item.startswith("ITEM: BOX BOUNDS"):
        _box(item.split()[3:], lines, snapshot)
    elif item.startswith("ITEM: ATOMS"):
        if not snapshot.pbc or snapshot.natoms < 0:
            raise DataError(f"{lines.where}: atoms before NUMBER OF ATOMS and BOX BOUNDS.")
        _atoms(item.split()[2:], lines, snapshot)
        return True
    else:
        raise DataError(f"{lines.where}: unknown section {item[:40]!r}.")
    return False


def _box(words: list[str], lines: Lines, snapshot: Snapshot) -> None:
    flags = [word for word in words if len(word) == 2 and set(word) <= set("pfsm")]
    if len(flags) != 3:
        raise DataError(
            f"{lines.where}: no boundary flags such as 'pp pp pp' after BOX BOUNDS; add those of the run."
        )
    snapshot.pbc = tuple(flag == "pp" for flag in flags)
    if "abc" in words:
        rows = lines.vectors(3, slice(4), "box", width=4)
        snapshot.cell, snapshot.origin = rows[:, :3], rows[:, 3]
    elif "xy" in words:
        rows = lines.vectors(3, slice(3), "box", width=3)
        snapshot.cell, snapshot.origin = _triclinic(rows)
    else:
        rows = lines.vectors(3, slice(2), "box", width=2)
        snapshot.cell, snapshot.origin = np.diag(rows[:, 1] - rows[:, 0]), rows[:, 0]
    if "abc" not in words and (np.diag(snapshot.cell) <= 0.0).any():
        axis = int(np.argmax(np.diag(snapshot.cell) <= 0.0))
        raise DataError(
            f"{lines.path}:{lines.number - 2 + axis}: the upper bound of the box is not above the lower one; "
            "they stand as lo hi."
        )


def _triclinic(rows: Floats) -> tuple[Floats, Floats]:
    """Cell (3, 3) and origin (3,) of bounds lo, hi and the tilts xy, xz, yz in the third column."""
    xy, xz, yz = rows[:, 2]
    low = rows[:, 0] - [min(0.0, xy, xz, xy + xz), min(0.0, yz), 0.0]
    high = rows[:, 1] - [max(0.0, xy, xz, xy + xz), max(0.0, yz), 0.0]
    cell = np.diag(high - low)
    cell[1, 0], cell[2, 0], cell[2, 1] = xy, xz, yz
    return cell, low


def _atoms(columns: list[str], lines: Lines, snapshot: Snapshot) -> None:
    rows = []
    for place in range(snapshot.natoms):
        words = lines.take().split()
        if words[:1] == ["ITEM:"]:
            raise DataError(
                f"{lines.where}: a new section after {place} of the {snapshot.natoms} atoms that "
                f"{snapshot.where} announces."
            )
        if len(words) != len(columns):
            raise DataError(
                f"{lines.where}: expected {len(columns)} columns ({' '.join(columns)}), found {len(words)}."
            )
        rows.append(words)
    snapshot.columns, snapshot.rows = columns, rows
    if "id" in columns:
        _sort(snapshot, columns.index("id"))


def _sort(snapshot: Snapshot, place: int) -> None:
    """Put the atoms in the order of their ids, which a parallel run writes in any."""
    ids = [whole_number(row[place], snapshot.where, "atom id") for row in snapshot.rows]
    if len(set(ids)) != len(ids):
        raise DataError(f"{snapshot.where}: an atom id occurs twice in this snapshot.")
    snapshot.rows = [row for _, row in sorted(zip(ids, snapshot.rows, strict=True))]
