"""`hpcfit predict` for tables: predictions of a model as further columns, and their errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import Dataset
from hpcfit.data.table import Columns, read_columns
from hpcfit.data.table.head import read_head
from hpcfit.errors import DataError, RunError
from hpcfit.job.load import table_file
from hpcfit.output.atomic import atomic_file
from hpcfit.output.summary import table
from hpcfit.parallel.agree import from_root
from hpcfit.parallel.communicator import Communicator
from hpcfit.suggest import counted
from hpcfit.use.fitted_model import FittedModel, open_fitted_model
from hpcfit.use.prediction_file import check_output

FloatArray = NDArray[np.float64]

_SPECIAL = ',\t"'
_DELIMITERS = {".csv": ",", ".tsv": "\t"}


@dataclass(frozen=True)
class TableReport:
    """What was predicted, for people: `str()` is what the command prints."""

    fitted: FittedModel
    path: str
    rows: int
    rmse: Mapping[str, tuple[float, int]]
    output: Path | None

    def __str__(self) -> str:
        lines = [f"{self.fitted.model.form.name}: {self.fitted.origin}", ""]
        lines += [f"predicted {counted(self.rows, 'row')} of {self.path}", ""]
        if self.rmse:
            rows = [[name, str(n), f"{error:.5g}"] for name, (error, n) in self.rmse.items()]
            lines.append(table(["column", "references", "rmse"], rows))
        else:
            lines.append("no references to compare with")
        return "\n".join([*lines, *(["", f"predictions in {self.output}"] if self.output else [])])


def predict_table(
    comm: Communicator, source: Path, data: str, output: Path | None = None, *, overwrite: bool = False
) -> TableReport | None:
    """Predict every row of a table with the model of a job file or a run folder; collective.

    Args:
        data: a text file, or "FILE:NAME" for a table of a dataset. It needs the columns that the model is a
            function of, and that of groups; where it has those that were fitted, they are compared.
        output: the table to write (.csv, .tsv): these columns, and predictions as NAME_predicted.
        overwrite: replace `output` if it is there.

    Returns:
        What to say, on rank 0; None elsewhere.

    Raises:
        HpcfitError: on all ranks alike, for anything wrong with source, data or output.
    """
    found: list[TableReport] = []

    def work() -> None:
        found.append(_predict(source, data, output, overwrite))

    from_root(comm, work)
    return found[0] if found else None


def _predict(source: Path, data: str, output: Path | None, overwrite: bool) -> TableReport:
    if output is not None:
        if output.suffix.lower() not in _DELIMITERS:
            raise RunError(f"{output}: predictions of tables are written as .csv or .tsv; give such a name.")
        check_output(output, [Path(table_file(data)[0])], overwrite)
    fitted = open_fitted_model(source)
    columns, references, predicted = predict_rows(fitted, data)
    rmse = {}
    for name, values in zip(fitted.model.y, predicted, strict=True):
        squares = (values - references[name]) ** 2 if name in references else np.empty(0)
        squares = squares[~np.isnan(squares)]
        if len(squares):
            rmse[name] = (float(np.sqrt(squares.mean())), len(squares))
    if output is not None:
        _write(output, fitted, columns, references, predicted)
    return TableReport(fitted, columns.path, len(columns), rmse, output)


def predict_rows(fitted: FittedModel, data: str) -> tuple[Columns, dict[str, FloatArray], FloatArray]:
    """The columns of a table that predictions need, references by column, and predictions (outputs, n).

    Raises:
        DataError: anything wrong with the table; a prediction that is not finite.
    """
    columns, references = _read(fitted, data)
    inputs = np.array([columns.numbers[name] for name in fitted.model.x]).reshape(-1, len(columns))
    predicted = fitted.predict(inputs, _groups(fitted, columns))
    _check_finite(fitted, columns, predicted)
    return columns, references, predicted


def _read(fitted: FittedModel, data: str) -> tuple[Columns, dict[str, FloatArray]]:
    """The columns that predictions need, and those to compare with, NaN where a number is missing."""
    file, name = table_file(data)
    group = fitted.job.data.group
    texts = [group] if group is not None and fitted.labels != ("",) else []
    columns = read_columns(Path(file), name, fitted.model.x, texts)
    present = [each for each in fitted.model.y if each in _names(Path(file), name)]
    if not present:
        return columns, {}
    read = read_columns(Path(file), name, present, missing="keep")
    return columns, dict(read.numbers)


def _names(file: Path, name: str | None) -> tuple[str, ...]:
    if name is None:
        return read_head(file).names
    with Dataset.open(file) as dataset:
        return tuple(dataset.table(name))


def _groups(fitted: FittedModel, columns: Columns) -> NDArray[np.int32]:
    if fitted.labels == ("",):
        return np.zeros(len(columns), dtype=np.int32)
    texts = columns.texts[str(fitted.job.data.group)]
    unknown = np.flatnonzero(~np.isin(texts, fitted.labels))
    if len(unknown):
        first = int(unknown[0])
        known = ", ".join(fitted.labels[:10]) + (", ..." if len(fitted.labels) > 10 else "")
        raise DataError(f"{columns.where(first)}: the model has no group {str(texts[first])!r}, but {known}.")
    names, own = np.unique(texts, return_inverse=True)
    place = {label: k for k, label in enumerate(fitted.labels)}
    return np.array([place[each] for each in names.tolist()], dtype=np.int32)[own]


def _check_finite(fitted: FittedModel, columns: Columns, predicted: FloatArray) -> None:
    bad = np.flatnonzero(~np.isfinite(predicted).all(axis=0))
    if len(bad):
        raise DataError(
            f"{columns.where(int(bad[0]))}: the prediction is not finite, as in {len(bad)} of {len(columns)} "
            "rows. Leave out those for which the model makes no sense."
        )


def _write(
    output: Path,
    fitted: FittedModel,
    columns: Columns,
    references: Mapping[str, FloatArray],
    predicted: FloatArray,
) -> None:
    delimiter = _DELIMITERS[output.suffix.lower()]
    made: dict[str, list[str]] = {name: _quoted(values.tolist()) for name, values in columns.texts.items()}
    for name in dict.fromkeys(fitted.model.x):
        made[name] = _numbers(columns.numbers[name])
    for name, values in zip(fitted.model.y, predicted, strict=True):
        if name in references:
            made[name] = _numbers(references[name])
        made[f"{name}_predicted"] = _numbers(values)
    head = [f"{name} [{columns.units[name]}]" if name in columns.units else name for name in made]
    with atomic_file(output) as file:
        file.write((delimiter.join(_quoted(head)) + "\n").encode())
        for row in zip(*made.values(), strict=True):
            file.write((delimiter.join(row) + "\n").encode())


def _numbers(values: FloatArray) -> list[str]:
    return ["" if value != value else repr(value) for value in values.tolist()]


def _quoted(texts: list[str]) -> list[str]:
    """Texts as a reader of such files takes them apart again."""
    return ['"' + text.replace('"', '""') + '"' if set(text) & set(_SPECIAL) else text for text in texts]
