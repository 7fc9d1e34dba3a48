"""Reading a file as `hpcfit import` does, with whatever goes wrong told."""

from __future__ import annotations

from pathlib import Path

from hpcfit.data import Configuration, Reader, ReadOptions, ReadReport, Source
from hpcfit.testing.conformance_error import ConformanceError

LABEL = "checked"


def read(reader: Reader, path: Path, options: ReadOptions) -> tuple[tuple[Configuration, ...], ReadReport]:
    """The configurations of a file and the reader's report.

    Raises:
        ConformanceError: the reader raises an exception, or yields what is no configuration.
    """
    report = ReadReport()
    try:
        found = tuple(reader.read(Source(path, LABEL, "tagged"), options, report))
    except Exception as error:
        raise ConformanceError(
            f"reader {reader.name}: reading {path} raised {type(error).__name__}: {error}"
        ) from error
    for index, each in enumerate(found):
        if not isinstance(each, Configuration):
            raise ConformanceError(
                f"reader {reader.name}, {path}: number {index} of what it yields is {type(each).__name__}, "
                "not a Configuration."
            )
    return found, report
