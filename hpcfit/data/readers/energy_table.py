"""Tables of energies by step: whitespace or commas between columns, names in the first line.

Columns are `step` and what LAMMPS prints of a step with `thermo_style custom step pe pxx ...`, or what
a user names: energy (also PotEng, pe); pxx pyy pzz pxy pxz pyz, pressures in bar; or sxx syy szz sxy
sxz syz, the stress in the units of the import. Lines beginning with # after the first are
comments; a # before the names is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hpcfit.data.configuration import Floats
from hpcfit.data.readers.text_file import Lines, floats
from hpcfit.errors import DataError

_STEP = ("step", "timestep")
_VOIGT = ("xx", "yy", "zz", "yz", "xz", "xy")


@dataclass(frozen=True)
class EnergyTable:
    """The rows of a table by step; `columns` are the names as written, without the step's."""

    path: Path
    columns: tuple[str, ...]
    rows: dict[int, tuple[Floats, str]]

    def row(self, step: int, where: str) -> dict[str, float]:
        """The values of `step` by column; DataError for a step that the table lacks."""
        if step not in self.rows:
            raise DataError(
                f"{self.path}: has no step {step}, which {where} has; add it, or use --no-energy --no-stress."
            )
        return dict(zip(self.columns, self.rows[step][0].tolist(), strict=True))


def tensor(row: Mapping[str, float], letter: str) -> Floats | None:
    """xx yy zz yz xz xy (6,) of columns such as pxx, whatever their capitals; None when one is missing."""
    found = {name.lower(): value for name, value in row.items()}
    names = [letter + place for place in _VOIGT]
    return np.array([found[name] for name in names]) if set(names) <= set(found) else None


def read_table(path: Path) -> EnergyTable:
    """The table in `path`; DataError with file and line for what is none."""
    rows: dict[int, tuple[Floats, str]] = {}
    names: list[str] | None = None
    with Lines(path, whole=True) as lines:
        for line in lines:
            words = line.replace(",", " ").split()
            if names is None:
                names = line.replace(",", " ").lstrip("#").split() or None
                place = None if names is None else _step_column(names, lines.where)
            elif words and not words[0].startswith("#"):
                if len(words) != len(names):
                    raise DataError(
                        f"{lines.where}: expected {len(names)} columns as the first line names, found "
                        f"{len(words)}."
                    )
                values = floats(words, lines.where, "table")
                _add(rows, values, place or 0, lines.where)
    if names is None or not rows:
        raise DataError(f"{path}: no rows in this table of energies.")
    columns = tuple(name for index, name in enumerate(names) if index != place)
    return EnergyTable(path, columns, rows)


def _step_column(names: list[str], where: str) -> int:
    for index, name in enumerate(names):
        if name.lower() in _STEP:
            return index
    raise DataError(
        f"{where}: the first line of a table of energies names its columns, as in 'step energy'; found "
        f"{' '.join(names)[:60]!r}."
    )


def _add(rows: dict[int, tuple[Floats, str]], values: Floats, place: int, where: str) -> None:
    step, rest = values[place], np.delete(values, place)
    if step != int(step):
        raise DataError(f"{where}: step {step} is not a whole number.")
    if int(step) in rows and not np.array_equal(rows[int(step)][0], rest):
        raise DataError(
            f"{where}: step {int(step)} again, with other values than at {rows[int(step)][1]}; remove one."
        )
    rows[int(step)] = (rest, where)
