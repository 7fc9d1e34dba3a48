"""What every analysis gives: text for people, JSON, and tables as CSV."""

from __future__ import annotations

import csv
import io
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from hpcfit.errors import RunError
from hpcfit.output.atomic import atomic_file, write_atomically
from hpcfit.output.jsontext import pretty
from hpcfit.output.result import Result

FORMAT = "hpcfit-analysis"
VERSION = 1
#: rows of a table that are held as text at a time
_ROWS = 10_000


@dataclass(frozen=True)
class Table:
    """Rows of texts and numbers under their heads."""

    head: Sequence[str]
    rows: Iterable[Sequence[object]]


class Report(ABC):
    """What an analysis has found; `str()` is what the command prints.

    Attributes:
        kind: names the command and the files.
    """

    kind: ClassVar[str]

    @abstractmethod
    def content(self) -> Mapping[str, Any]:
        """What the JSON file holds."""

    @abstractmethod
    def tables(self) -> Mapping[str, Table]:
        """The CSV files by name."""

    @abstractmethod
    def __str__(self) -> str: ...


def write_report(folder: Path, report: Report, result: Result) -> list[Path]:
    """Write KIND.json and the CSV files; their paths.

    Args:
        folder: is made if need be.
        result: of the run, so that a file can be told from one of an earlier run.

    Raises:
        RunError: the folder cannot be written to.
    """
    of = {
        "status": result.status,
        "loss": result.loss,
        "finished": result.provenance.get("finished"),
    }
    head = {"format": FORMAT, "version": VERSION, "kind": report.kind, "run": of}
    written = [folder / f"{report.kind}.json"]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(written[0], pretty({**head, **report.content()}))
        for name, table in report.tables().items():
            written.append(folder / f"{name}.csv")
            _write_table(written[-1], table)
    except OSError as error:
        raise RunError(
            f"{folder}: cannot be written to ({error.strerror or error}). Give another folder by --output."
        ) from error
    return written


def _write_table(path: Path, table: Table) -> None:
    with atomic_file(path) as file:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(table.head)
        for number, row in enumerate(table.rows, start=1):
            writer.writerow([_cell(each) for each in row])
            if number % _ROWS == 0:
                file.write(text.getvalue().encode())
                text.seek(0)
                text.truncate()
        file.write(text.getvalue().encode())


def _cell(value: object) -> object:
    """A float with every digit, "inf" where it is infinite, an empty cell where there is none."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return repr(value) if isinstance(value, float) else value
