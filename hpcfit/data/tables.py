"""Tables of a dataset: named columns of equal length, for plain x -> y data."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hpcfit.data.columns import group_names
from hpcfit.data.layout import TABLES
from hpcfit.errors import DataError
from hpcfit.suggest import closest_name

if TYPE_CHECKING:
    import h5py

#: Column name -> (rows,) float64, all columns equally long.
Table = Mapping[str, NDArray[np.float64]]


def checked_table(name: str, table: Table) -> dict[str, NDArray[np.float64]]:
    """`table` as contiguous float64 columns; DataError for unequal lengths or values that are not finite."""
    columns = {key: np.ascontiguousarray(values, dtype=np.float64) for key, values in table.items()}
    if not columns:
        raise DataError(f"table {name}: has no columns.")
    shapes = {key: values.shape for key, values in columns.items()}
    first = next(iter(shapes))
    for key, shape in shapes.items():
        if len(shape) != 1:
            raise DataError(
                f"table {name}: column {key} has shape {shape}; a number for each row, (n,), is expected."
            )
        if shape != shapes[first]:
            raise DataError(f"table {name}: column {key} has shape {shape}, column {first} {shapes[first]}.")
        if not np.isfinite(columns[key]).all():
            row = int(np.argmin(np.isfinite(columns[key])))
            raise DataError(
                f"table {name}: column {key} is {columns[key][row]} in row {row}; correct or drop the row."
            )
    return columns


def table_names(file: h5py.File) -> tuple[str, ...]:
    """Names of the tables in an open dataset file."""
    return group_names(file, TABLES)


def read_table(
    path: str, file: h5py.File, name: str, wanted: Collection[str] | None = None
) -> dict[str, NDArray[np.float64]]:
    """The table `name` of an open dataset file; DataError when missing or not numbers.

    Args:
        wanted: the columns that are read; by default all.
    """
    import h5py

    if name not in table_names(file):
        known = ", ".join(table_names(file)) or "none"
        raise DataError(f"{path}: has no table {name!r}. Tables there are: {known}.")
    group = file[TABLES][name]
    columns = dict(group.items()) if isinstance(group, h5py.Group) else {}
    if wanted is not None:
        check_columns(f"{path}:{name}", wanted, tuple(columns))
        columns = {key: columns[key] for key in columns if key in wanted}
    for key, column in columns.items():
        if not isinstance(column, h5py.Dataset) or column.dtype.kind not in "fiu":
            raise DataError(f"{path}: column {key} of table {name} is not an array of numbers.")
    return checked_table(f"{path}: {name}", {key: column[:] for key, column in columns.items()})


def check_columns(where: str, wanted: Collection[str], columns: Collection[str]) -> None:
    """Every column that is wanted must be there.

    Raises:
        DataError: the first that is not, and those that are.
    """
    for name in wanted:
        if name not in columns:
            closest = closest_name(name, list(columns))
            meant = "" if closest is None else f" Did you mean {closest}?"
            raise DataError(f"{where}: there is no column {name}.{meant} Columns are {', '.join(columns)}.")
