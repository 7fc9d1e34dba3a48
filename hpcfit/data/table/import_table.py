"""A table in a text file as a table of a dataset: read at once, column by column, whenever it is fitted."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hpcfit.data.history import step
from hpcfit.data.table.columns import read_columns
from hpcfit.data.table.head import read_head
from hpcfit.data.whole_file import check_apart, check_output
from hpcfit.data.write import write_dataset
from hpcfit.errors import DataError


@dataclass(frozen=True)
class ImportedTable:
    """What was written.

    Attributes:
        columns: names of the columns of numbers.
        left_out: names of those of texts.
    """

    rows: int
    columns: tuple[str, ...]
    left_out: tuple[str, ...]
    content_hash: str


def import_table(
    path: Path, output: Path, name: str, *, overwrite: bool = False, compress: bool = False
) -> ImportedTable:
    """Write the columns of numbers of a text file as the table `name` of the dataset `output`.

    Raises:
        DataError: an output that exists (unless `overwrite`), a table that cannot be read, a cell of such a
            column that is no number.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file.")
    check_output(output, overwrite)
    check_apart([output], [path])
    head = read_head(path)
    every = read_columns(path, None, head.names, missing="keep").numbers
    numbers = tuple(each for each in head.names if not np.isnan(every[each]).all())
    if not numbers:
        raise DataError(f"{path}: no column has numbers.")
    columns = read_columns(path, None, numbers)
    steps = [
        step(
            "import",
            [str(path)],
            f"{len(columns)} rows of table {name}",
            sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
            table=name,
            units=dict(columns.units),
        )
    ]
    digest = write_dataset(output, [], steps, tables={name: columns.numbers}, compress=compress)
    return ImportedTable(
        len(columns), numbers, tuple(each for each in head.names if each not in numbers), digest
    )
