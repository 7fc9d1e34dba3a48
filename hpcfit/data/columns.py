"""Whether the arrays of an opened file are those of the layout, and fit together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hpcfit.data.layout import COLUMNS, TABLES, WEIGHTS, Column
from hpcfit.errors import DataError

if TYPE_CHECKING:
    import h5py

_KINDS = {"text": "S", "int": "iu", "float": "f", "bool": "b", "byte": "u"}


def check_columns(path: str, file: h5py.File) -> frozenset[str]:
    """Names of the layout's arrays that `file` has; DataError for missing, mistyped or misshapen ones."""
    present = {column.path: column for column in COLUMNS if column.path in file}
    for column in COLUMNS:
        if column.required and column.path not in present:
            raise DataError(
                f"{path}: {column.path} is missing; the file is damaged or foreign, import it again."
            )
    lengths = {
        "n": len(_array(path, file, "configurations/identifier")),
        "N": len(_array(path, file, "atoms/number")),
    }
    lengths["n+1"] = lengths["n"] + 1
    for column in present.values():
        _check(path, file, column, lengths[column.rows])
    weights = [Column(f"{WEIGHTS}/{name}", "float", "n") for name in weight_names(file)]
    for weight in weights:
        _check(path, file, weight, lengths["n"])
    return frozenset(present).union(weight.path for weight in weights)


def check_offsets(path: str, first_atom: NDArray[np.int64], n_atoms: int) -> None:
    """DataError unless `first_atom` (n+1,) begins at 0, ascends, and ends at `n_atoms`."""
    ascending = bool(np.all(first_atom[1:] > first_atom[:-1]))
    if ascending and len(first_atom) and first_atom[0] == 0 and first_atom[-1] == n_atoms:
        return
    raise DataError(
        f"{path}: configurations/first_atom must begin at 0, ascend with every configuration and end at the "
        f"number of atoms, {n_atoms}; the file is damaged, import it again."
    )


def weight_names(file: h5py.File) -> tuple[str, ...]:
    """Names of the weights per configuration that the file has."""
    return group_names(file, WEIGHTS)


def group_names(file: h5py.File, path: str) -> tuple[str, ...]:
    """Names in the group `path`, sorted; none where there is no such group."""
    import h5py

    return tuple(sorted(file[path])) if isinstance(file.get(path), h5py.Group) else ()


def hashed_arrays(file: h5py.File) -> dict[str, h5py.Dataset]:
    """The arrays that make up the content: all but the provenance."""
    import h5py

    found: dict[str, h5py.Dataset] = {}

    def visit(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset) and name.split("/")[0] in ("configurations", "atoms", TABLES):
            found[name] = item

    file.visititems(visit)
    return found


def _array(path: str, file: h5py.File, name: str) -> h5py.Dataset:
    import h5py

    item = file[name]
    if not isinstance(item, h5py.Dataset) or item.ndim == 0:
        raise DataError(f"{path}: {name} is not an array; the file is foreign, import the data again.")
    return item


def _check(path: str, file: h5py.File, column: Column, rows: int) -> None:
    item = _array(path, file, column.path)
    if item.shape != (rows, *column.shape):
        raise DataError(
            f"{path}: {column.path} has shape {item.shape} instead of {(rows, *column.shape)}; "
            "the file is damaged or foreign, import it again."
        )
    if item.dtype.kind not in _KINDS[column.kind] or (column.kind == "byte" and item.dtype.itemsize != 1):
        raise DataError(
            f"{path}: {column.path} has type {item.dtype} instead of {column.kind}; import it again."
        )
