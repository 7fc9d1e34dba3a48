"""The rows of a table that take part: read, selected and sorted by group on rank 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hpcfit.data.table import Columns, held_out, read_columns, select_rows
from hpcfit.data.table.rows import columns_of_condition
from hpcfit.errors import DataError, JobError, KernelError
from hpcfit.job import Job
from hpcfit.job.load import table_file
from hpcfit.job.row_model import RowInput
from hpcfit.kernels.rows.row_data import RowData
from hpcfit.suggest import counted

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class TableFacts:
    """What all ranks know of a table.

    Attributes:
        rows: how many take part.
        labels: the groups, sorted; one, "", without groups.
        units: of columns that say it.
        content: hash of what takes part.
    """

    path: str
    rows: int
    labels: tuple[str, ...]
    units: Mapping[str, str]
    content: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableData:
    """A table on rank 0: rows sorted by group, those of a group in the order of the file.

    Attributes:
        group: number of the group of each row, shape (n,).
        factors: of the weights of each group, shape (groups,); None for 1.
    """

    facts: TableFacts
    columns: Columns
    group: NDArray[np.int32]
    factors: FloatArray | None = None


def read_tables(job: Job, model: RowInput) -> tuple[TableData, TableData | None]:
    """The rows to fit and those to test with, of one table or of two.

    Raises:
        DataError, JobError: a column or number that is not there, a weight that makes no sense, no row.
    """
    assert job.data.table is not None
    whole = _selected(job, model, job.data.table)
    if job.data.test is not None:
        train = _by_group(job, whole)
        return train, _by_group(job, _selected(job, model, job.data.test), train.facts.labels)
    if job.data.test_fraction is None:
        return _by_group(job, whole), None
    try:
        test = held_out(whole.line, job.data.test_fraction, job.data.seed)
        train = _by_group(job, whole.part(~test))
        return train, _by_group(job, whole.part(test), train.facts.labels)
    except DataError as error:
        raise JobError(job.source.problem(("data", "test_fraction"), f": {error}").text) from error


def _selected(job: Job, model: RowInput, text: str) -> Columns:
    """The columns that a fit needs, of the rows that the job selects.

    Args:
        text: the table as the job names it.
    """
    file, table = table_file(text)
    columns = _read(job, model, job.file(file), table)
    try:
        columns = select_rows(columns, job.data.rows or (), job.data.x)
    except KernelError as error:
        raise JobError(job.source.problem(("data", "rows"), f": {error}").text) from error
    columns = _of_groups(job, columns)
    _check_errors(job, columns)
    return columns


def _of_groups(job: Job, columns: Columns) -> Columns:
    """The rows that say which group they are of."""
    lacks = np.zeros(len(columns), bool) if job.data.group is None else columns.texts[job.data.group] == ""
    if not lacks.any():
        return columns
    if job.data.missing == "error" or lacks.all():
        raise DataError(
            f"{columns.where(int(np.argmax(lacks)))}: {job.data.group} is missing, so that the row is of no "
            'group. Correct the file, or leave such rows out by data.missing = "skip".'
        )
    lacking = counted(int(np.count_nonzero(lacks)), "row")
    note = f"{columns.path}: {lacking} of {len(lacks)} left out, for want of a group"
    return replace(columns.part(~lacks), notes=(*columns.notes, note))


def _by_group(job: Job, columns: Columns, labels: Sequence[str] | None = None) -> TableData:
    """Rows sorted by group.

    Args:
        labels: the groups that the model has numbers for; None for those that are found.
    """
    names, own = np.unique(_groups(job, columns), return_inverse=True)
    found = tuple(sorted(names.tolist(), key=_natural)) if labels is None else tuple(labels)
    unknown = sorted(set(names.tolist()) - set(found), key=_natural)
    if unknown:
        raise DataError(
            f"{columns.path}: no row to fit is of the group {unknown[0]!r}, so that it has no parameters."
        )
    place = {label: k for k, label in enumerate(found)}
    group = np.array([place[name] for name in names.tolist()], dtype=np.int32)[own]
    if (np.diff(group) < 0).any():
        order = np.argsort(group, kind="stable")
        columns, group = columns.part(order), group[order]
    facts = TableFacts(columns.path, len(columns), found, columns.units, columns.content(), columns.notes)
    return TableData(facts, columns, group)


def row_data(job: Job, model: RowInput, columns: Columns, group: NDArray[np.int32]) -> RowData:
    """The rows as kernels read them."""
    n = len(columns)
    inputs = np.array([columns.numbers[name] for name in model.x]).reshape(len(model.x), n)
    reference = np.array([columns.numbers[name] for name in model.y])
    return RowData.of(
        inputs, reference, np.array([_weight(job, columns, name) for name in job.data.y]), group
    )


def _read(job: Job, model: RowInput, file: Path, table: str | None) -> Columns:
    data = job.data
    errors = [*data.sigma.values(), *data.weight.values()]
    numbers, texts = [*model.x, *model.y, *errors], [data.group] if data.group is not None else []
    for condition in data.rows or ():
        try:
            of_numbers, of_texts = columns_of_condition(condition, data.x)
        except KernelError as error:
            raise JobError(job.source.problem(("data", "rows"), f": {error}").text) from error
        numbers += sorted(of_numbers)
        texts += sorted(of_texts)
    try:
        return read_columns(
            file,
            table,
            list(dict.fromkeys(numbers)),
            list(dict.fromkeys(texts)),
            optional=model.y if len(model.y) > 1 else (),
            missing=data.missing,
        )
    except DataError as error:
        raise DataError(f"{error}{_input_advice(job, model, str(error))}") from None


def _input_advice(job: Job, model: RowInput, message: str) -> str:
    """What may be meant by a column that is not there."""
    lacking = [name for name in model.x if f": there is no column {name}." in message]
    if not lacking:
        return ""
    if job.model.name is None:
        return f" If {lacking[0]} is a parameter, give it in [model.parameters]."
    return "" if job.data.x else f' {job.model.name} is a function of it: name a column by x = ["..."].'


def _groups(job: Job, columns: Columns) -> NDArray[np.str_]:
    if job.data.group is None:
        return np.full(len(columns), "", dtype=np.str_)
    return columns.texts[job.data.group]


def _natural(label: str) -> tuple[int, float, str]:
    """Numbers by their size, then texts."""
    try:
        return (0, float(label), label)
    except ValueError:
        return (1, 0.0, label)


def _weight(job: Job, columns: Columns, name: str) -> FloatArray:
    """The factor of each row's residual of one output."""
    for errors, power in ((job.data.sigma, -1.0), (job.data.weight, 1.0)):
        column = errors.get(name, errors.get(""))
        if column is not None:
            return columns.numbers[column] ** power
    return np.ones(len(columns))


def _check_errors(job: Job, columns: Columns) -> None:
    for key, least in (("sigma", "above 0"), ("weight", "at least 0")):
        for column in getattr(job.data, key).values():
            values = columns.numbers[column]
            bad = np.flatnonzero(~(values > 0.0) if key == "sigma" else ~(values >= 0.0))
            if len(bad):
                row = int(bad[0])
                raise DataError(
                    f"{columns.where(row)}: {column} is {values[row]:g}, and data.{key} must be {least}."
                    f"{f' So are {len(bad) - 1} more rows.' if len(bad) > 1 else ''}"
                )
