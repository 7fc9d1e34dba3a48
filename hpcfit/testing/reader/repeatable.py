"""Promise: a file read twice gives the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hpcfit.data import Configuration, Reader
from hpcfit.testing.configurations import changed_field
from hpcfit.testing.conformance_error import ConformanceError


def check_same(
    reader: Reader, path: Path, first: Sequence[Configuration], second: Sequence[Configuration]
) -> None:
    """Compare what two readings found.

    Raises:
        ConformanceError: another number of configurations, or a field of one that differs.
    """
    where = f"reader {reader.name}, {path}"
    if len(first) != len(second):
        raise ConformanceError(
            f"{where}: {len(first)} configurations are read the first time, {len(second)} the second."
        )
    for one, other in zip(first, second, strict=True):
        field = changed_field(one, other)
        if field is not None:
            raise ConformanceError(
                f"{where}: configuration {one.identifier!r} has another {field} when it is read again."
            )
