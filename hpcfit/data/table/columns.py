"""The columns that a fit needs, from a text file or from a table of a dataset."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hpcfit.data.dataset import Dataset
from hpcfit.data.table.cells import Cells, read_cells
from hpcfit.data.table.head import read_head
from hpcfit.errors import DataError
from hpcfit.suggest import counted

FloatArray = NDArray[np.float64]

_SHOWN = 5
_BLOCK = 2**16
#: in the sentence on a cell
_DECIMAL_COMMA = re.compile(r" is '[-+]?\d*,\d+([eE][-+]?\d+)?', not a number")
#: what files of HDF5 begin with
_DATASET = b"\x89HDF\r\n\x1a\n"


@dataclass(frozen=True)
class Columns:
    """Some columns of a table.

    Attributes:
        path: the file, with ":NAME" for a table of a dataset.
        numbers, texts: by name, shape (n,) each.
        line: where each row stands: its line in a text file, or its number from 0.
        units: of columns that say it.
        notes: sentences on what was left out.
    """

    path: str
    numbers: Mapping[str, FloatArray]
    texts: Mapping[str, NDArray[np.str_]]
    line: NDArray[np.int64]
    units: Mapping[str, str]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.line)

    def where(self, row: int) -> str:
        """How messages begin that are about a row."""
        return f"{self.path}:{int(self.line[row])}"

    def part(self, rows: NDArray[np.int64] | NDArray[np.bool_] | slice) -> Columns:
        """Some of the rows."""
        return replace(
            self,
            numbers={name: values[rows] for name, values in self.numbers.items()},
            texts={name: values[rows] for name, values in self.texts.items()},
            line=self.line[rows],
        )

    def content(self) -> str:
        """ "sha256:..." that changes when anything in them does."""
        found = hashlib.sha256()
        for name in sorted(self.numbers):
            found.update(name.encode() + b"\0" + np.ascontiguousarray(self.numbers[name]).tobytes())
        for name in sorted(self.texts):
            found.update(name.encode())
            values = self.texts[name]
            for first in range(0, len(values), _BLOCK):  # all texts as objects would take much memory
                found.update(
                    "".join(f"\0{text}" for text in values[first : first + _BLOCK].tolist()).encode()
                )
        return f"sha256:{found.hexdigest()}"


def read_columns(
    path: Path,
    table: str | None,
    numbers: Sequence[str],
    texts: Sequence[str] = (),
    *,
    optional: Sequence[str] = (),
    missing: Literal["error", "skip", "keep"] = "error",
) -> Columns:
    """Read columns of numbers and of texts.

    Args:
        table: name of the table, for a dataset.
        optional: those of `numbers` of which a row may lack some, but not all; NaN there.
        missing: what to do with rows that lack a number; "keep" has NaN there.

    Raises:
        DataError: a file or column that is not there, a cell that is no finite number, no row at all.
    """
    if table is not None:
        found = _of_dataset(path, table, numbers, texts)
    else:
        _check_text(path)
        try:
            head = read_head(path)
            cells = read_cells(head, numbers, texts)
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(f"{path}: cannot be read ({error}). Copy it here anew.") from error
        of_text = {name: np.array(values, dtype=np.str_) for name, values in cells.texts.items()}
        units = {name: unit for name, unit in zip(head.names, head.units, strict=True) if unit}
        found = Columns(str(path), cells.numbers, of_text, cells.line, units)
        if cells.faults and missing != "keep":
            found = _without_faults(found, cells, optional, missing)
    if not len(found):
        raise DataError(f"{found.path}: holds no rows.")
    return found


def _of_dataset(path: Path, table: str, numbers: Sequence[str], texts: Sequence[str]) -> Columns:
    with Dataset.open(path) as dataset:
        columns = dataset.table(table, dict.fromkeys([*numbers, *texts]))
        units = _units(dataset, table)
    as_text = {name: _texts(columns[name]) for name in texts}
    n = len(next(iter(columns.values())))
    return Columns(f"{path}:{table}", {name: columns[name] for name in numbers}, as_text, np.arange(n), units)


def _units(dataset: Dataset, table: str) -> dict[str, str]:
    """What the import of a table has read of its units."""
    found: dict[str, str] = {}
    for step in dataset.provenance:
        units = step.get("units")
        if step.get("table") == table and isinstance(units, dict):
            found |= {str(column): str(unit) for column, unit in units.items()}
    return found


def _check_text(path: Path) -> None:
    """DataError for a file that is not there, or is a dataset."""
    if not path.is_file():
        raise DataError(f"{path}: no such file.")
    with path.open("rb") as file:
        if file.read(len(_DATASET)) != _DATASET:
            return
    with Dataset.open(path) as dataset:
        names = dataset.table_names
    if not names:
        raise DataError(f"{path}: a dataset without tables; make one with `hpcfit import --table`.")
    raise DataError(f"{path}: a dataset; name its table, {path}:{names[0]}. Tables are {', '.join(names)}.")


def _texts(numbers: FloatArray) -> NDArray[np.str_]:
    """Numbers as texts that tell them apart: "1", "2.5"."""
    different, place = np.unique(numbers, return_inverse=True)
    texts = [repr(value).removesuffix(".0") for value in different.tolist()]
    return np.array(texts, dtype=np.str_)[place]


def _without_faults(
    found: Columns, cells: Cells, optional: Sequence[str], missing: Literal["error", "skip"]
) -> Columns:
    """The rows that can be used, or DataError naming lines."""
    if missing == "error":
        sentences = [sentence for _, sentence in cells.faults]
        more = len(sentences) - _SHOWN
        lines = sentences[:_SHOWN] + ([f"and {counted(more, 'more cell')}"] if more > 0 else [])
        advice = 'Correct the file, or leave such rows out by data.missing = "skip".'
        if any(_DECIMAL_COMMA.search(sentence) for sentence in lines):
            advice = "Write decimal points in place of the commas."
        raise DataError(";\n  ".join(lines) + f".\n{advice}")
    needed = [values for name, values in found.numbers.items() if name not in optional]
    some = [values for name, values in found.numbers.items() if name in optional]
    keep = np.ones(len(found), dtype=bool)
    for values in needed:
        keep &= ~np.isnan(values)
    if some:
        keep &= ~np.isnan(some).all(axis=0)
    lacking = int(np.count_nonzero(~keep))
    if lacking == len(keep):
        raise DataError(
            f"{found.path}: each of its {counted(lacking, 'row')} lacks a number; the first: "
            f"{cells.faults[0][1]}."
        )
    note = f"{found.path}: {counted(lacking, 'row')} of {len(keep)} left out, for want of numbers"
    notes = (note,) if lacking else ()
    return replace(found.part(keep), notes=notes)
