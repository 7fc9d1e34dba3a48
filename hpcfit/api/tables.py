"""The job that a call to `hpcfit.fit_table` describes, the same on all ranks."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hpcfit.api.arguments import Arguments, add_named, add_tables, plain_values
from hpcfit.api.functions import write_row_functions
from hpcfit.api.source import Scratch, add_plugins, check_alike, run_table
from hpcfit.data import write_dataset
from hpcfit.errors import JobError
from hpcfit.job.arguments import ArgumentSource
from hpcfit.job.locate import KeyPath
from hpcfit.job.values import shown
from hpcfit.parallel.agree import agreement, from_root
from hpcfit.parallel.communicator import Communicator

CALL = "fit_table()"
#: arguments that are keys of [data], and of [model]
_DATA = ("x", "y", "sigma", "weight", "group", "balance", "rows", "missing", "test_fraction", "seed")
_MODEL = ("formula", "let", "parameters", "per_group", "group_parameters")
_NAMES: Mapping[KeyPath, str] = {
    ("data",): "",
    ("model",): "",
    ("model", "name"): "model",
    ("optimizer", "name"): "optimizer",
    ("run",): "",
    ("plugins", "load"): "plugins",
}


def table_source(
    comm: Communicator, given: Mapping[str, Any], scratch: Scratch, names: dict[str, str]
) -> ArgumentSource:
    """The job that the arguments describe; collective.

    Args:
        given: the arguments of `fit_table` by name.
        names: filled with the paths of tables written for this call, and what messages call them.

    Raises:
        HpcfitError: on all ranks alike.
    """
    paths, run = from_root(comm, lambda: (_paths(given, scratch), run_table(given, scratch)))
    written = {key: path for key, path in paths.items() if not _is_path(given[key])}
    names |= {path: key for key, path in written.items()}
    with agreement(comm):
        made = _arguments(given, paths)
        made.tables["run"] = run
        shown_as = {key: key if key in written else path for key, path in paths.items()}
        fingerprint = {f"data.{key}": f"given as {key}" for key in written}
        source = made.source(shown_as, fingerprint, temporary=given["folder"] is None, call=CALL)
    check_alike(comm, source)
    return source


def _paths(given: Mapping[str, Any], scratch: Scratch) -> dict[str, str]:
    """Where the tables are, by key of [data]; those in memory are written."""
    found = {}
    for key in ("table", "test"):
        value = given[key]
        if _is_path(value):
            found[key] = os.fspath(value)
        elif value is not None:
            found[key] = write_columns(value, key, scratch() / key)
    return found


def write_columns(value: Any, argument: str, stem: Path) -> str:
    """Write columns as a table, and return what a job calls it.

    Args:
        value: arrays by the names of their columns, or a table of pandas or the like.
        stem: path of the file but for its ending.

    Raises:
        JobError: it is none of these, or the columns differ in length.
    """
    names = _names(value)
    if not names:
        raise JobError(
            f"{CALL}: {argument}: a path, a dict of arrays such as {{'x': [1, 2]}} or a DataFrame is "
            f"expected, not {shown(value)}."
        )
    columns = {str(name): np.asarray(value[name]) for name in names}
    shapes = {name: each.shape for name, each in columns.items()}
    first = next(iter(shapes))
    for name, shape in shapes.items():
        if len(shape) != 1:
            raise JobError(
                f"{CALL}: {argument}: column {name} has shape {shape}; a number for each row, (n,), is "
                "expected."
            )
        if shape != shapes[first]:
            raise JobError(
                f"{CALL}: {argument}: column {name} has shape {shape}, column {first} {shapes[first]}."
            )
    if all(each.dtype.kind in "fiub" and np.isfinite(each).all() for each in columns.values()):
        path = stem.with_suffix(".h5")
        write_dataset(path, [], tables={"table": {k: v.astype(np.float64) for k, v in columns.items()}})
        return f"{path}:table"
    path = stem.with_suffix(".csv")
    lists = [each.tolist() for each in columns.values()]
    lines = [_line(columns), *(_line(row) for row in zip(*lists, strict=True))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def _names(value: Any) -> list[Any]:
    """The columns of a dict, a DataFrame or a structured array; nothing of anything else."""
    if isinstance(value, Mapping):
        return list(value)
    if isinstance(value, np.ndarray):
        return list(value.dtype.names or ())
    return list(value.columns) if hasattr(value, "columns") and hasattr(value, "__getitem__") else []


def _line(cells: Any) -> str:
    return ",".join('"' + _cell(cell).replace('"', '""') + '"' for cell in cells)


def _cell(value: Any) -> str:
    """As a text file has it; nothing for None, NaN and what pandas has for them."""
    if isinstance(value, str):
        return value
    text = repr(value.item() if isinstance(value, np.generic) else value)
    return "" if text in ("None", "nan", "<NA>", "NaT") else text


def _is_path(value: Any) -> bool:
    return isinstance(value, str | os.PathLike)


def _arguments(given: Mapping[str, Any], paths: Mapping[str, str]) -> Arguments:
    made = Arguments(names=dict(_NAMES))
    data = {**paths, **{name: given[name] for name in _DATA}}
    if isinstance(data["rows"], str):
        data["rows"] = [data["rows"]]
    made.tables["data"] = plain_values(data)
    model = given["model"]
    table = dict(model) if isinstance(model, Mapping) else {"name": model}
    if table.get("name") is not None:
        table["name"] = made.named("models", table["name"])
    table |= {name: given[name] for name in _MODEL if given[name] is not None}
    write_row_functions(table, f"{CALL}: ")
    made.tables["model"] = plain_values(table)
    add_tables(made, loss=given["loss"], regularization=given["regularization"])
    add_named(made, "optimizer", "optimizers", given["optimizer"])
    add_plugins(made, given["plugins"])
    return made
